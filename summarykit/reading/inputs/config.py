"""What a transformers model takes, with sizes from its config."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from summarykit.reading.inputs.facts import length, plain
from summarykit.reading.inputs.sizes import meta_tensor

#: So many tokens are fed, or as many as there are positions.
_TOKENS = 128
_IMAGE = 224
_SECOND = 16_000  #: samples
_FRAMES = 128
#: Parts of a config that describe the reading of one kind of input.
_PARTS = {
    "image": ("vision_config", "image_config", "encoder", "backbone_config"),
    "text": ("text_config", "decoder", "qformer_config"),
    "audio": ("audio_config", "audio_encoder", "encoder_config", "encoder"),
}


class Config:
    """The sizes in a config, asked for by any of their names."""

    def __init__(self, config: object) -> None:
        self._config = config

    def part(self, kind: str) -> Config:
        """Return the part that describes the reading of *kind*, or else all of it."""
        for name in _PARTS[kind]:
            part = _value(self._config, name)
            if part is not None and not isinstance(part, str | int | float | list | tuple):
                return Config(part)
        return self

    def says(self, *names: str) -> bool:
        """Return whether any of *names* is set."""
        return any(_value(self._config, name) is not None for name in names)

    def first(self, *names: str) -> int | None:
        """Return the first of *names* that is a length; of several lengths the first."""
        return next((lengths[0] for lengths in map(self.lengths, names) if lengths), None)

    def lengths(self, name: str) -> tuple[int, ...]:
        """Return the setting *name* as lengths: of one or several numbers, or height and width."""
        value = _value(self._config, name)
        value = plain(value) if isinstance(value, dict) else plain({"": value}).get("")
        if isinstance(value, dict):
            value = tuple(value[side] for side in ("height", "width") if side in value) or value.get("shortest_edge")
        numbers = value if isinstance(value, tuple) else (value,)
        return numbers if numbers and all(map(length, numbers)) else ()


def _value(config: object, name: str) -> Any:
    if isinstance(config, dict):
        return config.get(name)
    try:
        return getattr(config, name, None)
    except Exception:  # noqa: BLE001 - what a stranger's property raises
        return None


def size_of_argument(name: str, config: Config, dtype: torch.dtype | None) -> torch.Tensor | None:
    """Return what to feed as the argument *name*, None where the config cannot tell."""
    if name in _WHOLE:
        return meta_tensor(_WHOLE[name](config), torch.int64)
    size = _FLOATING[name](config) if name in _FLOATING else None
    return None if size is None else meta_tensor(size, dtype)


def arguments_to_feed(
    config: Config, main: str, names: tuple[str, ...], required_names: tuple[str, ...]
) -> Iterator[str]:
    """Yield the arguments to feed: the main one, those that must be given, and those that belong to them."""
    yield main
    yield from _TOGETHER.get(main, ())
    # An image that stands in a text by its own token needs such tokens; the text alone needs none.
    if not has_placeholder_tokens(config) and "input_ids" in names:
        other_inputs = [name for name in ("pixel_values", "input_features") if name in names]
        yield from ["input_ids", *other_inputs] if other_inputs else ()
    if config.says("is_encoder_decoder") and _is_encoder_decoder(config) and "decoder_input_ids" in names:
        yield "decoder_input_ids"
    yield from required_names


def has_placeholder_tokens(config: Config) -> bool:
    """Return whether images or sounds stand in the text by tokens of their own."""
    return config.says(*_PLACEHOLDERS)


#: What a main input is never without.
_TOGETHER = {"states": ("actions", "rewards", "returns_to_go", "timesteps", "attention_mask")}
_PLACEHOLDERS = ("image_token_id", "image_token_index", "audio_token_id", "audio_token_index", "video_token_id")


def _is_encoder_decoder(config: Config) -> bool:
    return _value(config._config, "is_encoder_decoder") is True


# ---------------------------------------------------------------- one function a kind of input


def _tokens(config: Config) -> tuple[int, ...]:
    text = config.part("text")
    most = text.first("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length", "max_seq_len")
    return 1, min(_TOKENS, most or _TOKENS)


def _targets(config: Config) -> tuple[int, ...]:
    most = config.first("max_target_positions", "max_decoder_position_embeddings")
    return 1, min(most or _TOKENS, *_tokens(config)[1:])


def _boxes(config: Config) -> tuple[int, ...]:
    return *_tokens(config), 4


def _image(config: Config) -> tuple[int, ...]:
    return 1, *_picture(config)


def _picture(config: Config) -> tuple[int, ...]:
    image = config.part("image")
    channels = image.first("num_channels", "in_channels", "in_chans", "num_input_channels") or 3
    names = ("image_size", "img_size", "input_size", "resolution", "sample_size")
    sides = next((lengths for name in names if (lengths := image.lengths(name) or config.lengths(name))), (_IMAGE,))
    return channels, sides[-2 if len(sides) > 1 else 0], sides[-1]


def _images(config: Config) -> tuple[int, ...]:
    frames = config.part("image").first("num_frames", "frames_per_clip")
    return (1, frames, *_picture(config)) if frames else _image(config)


def _video(config: Config) -> tuple[int, ...]:
    return 1, config.part("image").first("num_frames", "frames_per_clip") or 8, *_picture(config)


def _mel(config: Config) -> tuple[int, ...]:
    audio = config.part("audio")
    bands = audio.first("num_mel_bins", "input_feat_per_channel", "feature_projection_input_dim", "input_dim", "n_mels")
    positions = audio.first("max_source_positions")
    if audio.says("spec_size"):
        return 1, 1, 1024, bands or 64
    if positions and not audio.says("input_feat_per_channel", "feature_projection_input_dim"):
        return 1, bands or 80, 2 * positions
    return 1, _FRAMES, bands or 80


def _samples(config: Config) -> tuple[int, ...]:
    audio = config.part("audio")
    bands = audio.first("num_mel_bins")
    if bands and audio.says("max_length"):
        return 1, audio.first("max_length") or 1024, bands
    channels = audio.first("audio_channels")
    rate = audio.first("sampling_rate", "sample_rate") or _SECOND
    return (1, channels or 1, rate) if channels or audio.says("codebook_size") else (1, rate)


def _past(config: Config) -> tuple[int, ...]:
    steps = config.first("context_length", "context_size", "input_size") or _FRAMES
    channels = config.first("num_input_channels", "input_size") or 1
    return 1, steps, channels


def _hidden_size(config: Config) -> tuple[int, ...]:
    width = config.part("text").first("hidden_size", "d_model", "n_embd", "embed_dim", "dim") or 1
    return *_tokens(config), width


def _states(config: Config) -> tuple[int, ...]:
    return *_tokens(config), config.first("state_dim") or 1


def _actions(config: Config) -> tuple[int, ...]:
    return *_tokens(config), config.first("act_dim") or 1


def _one_each(config: Config) -> tuple[int, ...]:
    return *_tokens(config), 1


_WHOLE: dict[str, Callable[[Config], tuple[int, ...]]] = {
    "input_ids": _tokens,
    "attention_mask": _tokens,
    "token_type_ids": _tokens,
    "position_ids": _tokens,
    "decoder_input_ids": _targets,
    "timesteps": _tokens,
    "qformer_input_ids": _tokens,
    "bbox": _boxes,
}
_FLOATING: dict[str, Callable[[Config], tuple[int, ...]]] = {
    "pixel_values": _images,
    "pixel_values_videos": _video,
    "input_features": _mel,
    "input_values": _samples,
    "states": _states,
    "actions": _actions,
    "rewards": _one_each,
    "returns_to_go": _one_each,
    "past_values": _past,
    "inputs_embeds": _hidden_size,
    "hidden_states": _hidden_size,
    "inputs": _hidden_size,
    "encoder_hidden_states": _hidden_size,
}
