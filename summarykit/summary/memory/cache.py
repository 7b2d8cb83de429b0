"""The cache of keys and values that a decoder keeps while it writes: bytes for each token, from its config alone.

Stated is what the ``DynamicCache`` of transformers keeps, which the tests fill by real models. A config that says
anything this page does not know (other kinds of layers, shared caches) gets no figure rather than a wrong one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from summarykit.expression import Value
from summarykit.summary.memory.rows import MemoryRow, row

#: The config of a language model (of a model that reads more, its text part) as plain values: each whole number, word,
#: flag or None in its ``__dict__``; the same under the names its ``attribute_map`` gives them; its ``model_type``; and
#: of its list ``layer_types``, if there is one, how often each word stands there: ``"layer_types.full_attention": 9``.
Config = Mapping[str, Value]

#: The name of how many layers keep keys and values, in formulas.
LAYERS = "layers"
FULL, WINDOW, CHUNK = "full_attention", "sliding_attention", "chunked_attention"
#: Layers that keep nothing for each token.
_NOTHING = frozenset({"moe", "mlp", "dummy"})
#: Layers that keep a state of a fixed size, however long the text.
_STATE = frozenset({"linear_attention", "conv", "mamba", "recurrent"})
#: Settings of models whose cache is another; where one of them is set, nothing is claimed.
_OTHERWISE = (
    "attn_layer_period",
    "attn_layer_indices",
    "attention_types",
    "block_types",
    "cross_attention_layers",
    "hybrid_override_pattern",
    "index_head_dim",
    "num_global_key_value_heads",
    "num_kv_shared_layers",
    "global_head_dim",
    "swa_num_key_value_heads",
    "ssm_cfg",
)
#: Models whose config reads like that of a decoder, and that keep something else or nothing; measured.
_NOT_SO = frozenset(
    {"cpmant", "dbrx", "eurobert", "gemma4_text", "gemma4_unified_text", "jina_embeddings_v3", "layoutlm", "markuplm"}
    | {"mimo_v2_flash", "recurrent_gemma", "ultrabert"}
)
#: Settings of layers that keep a state; without a list of the layers' kinds it is not known how many there are.
_STATEFUL = ("mamba_d_state", "conv_L_cache", "ssm_state_size", "state_size")
#: Decoders whose config says that they are none.
_DECODERS = frozenset({"gpt_neox", "gpt_neox_japanese"})


class Cache(NamedTuple):
    """The cache of keys and values of one decoder."""

    factors: tuple[str, ...]  #: what ``per_token`` multiplies, `LAYERS` among them
    per_token: MemoryRow  #: while every layer still keeps every token
    window: int | None  #: layers with a window keep no more tokens than this
    windowed_layers: int  #: how many layers have one
    layers: int  #: layers that keep keys and values
    note: str  #: what bounds it, and what is not in it; empty where there is nothing to say

    def row_for(self, tokens: int) -> MemoryRow:
        """Return what the cache of one sequence of *tokens* takes."""
        names = dict(self.per_token.bindings) | {"tokens": tokens}
        formula = f"tokens * ({' * '.join(self.factors)})"
        if self.windowed_layers and self.window is not None:
            names |= {
                "full_layers": self.layers - self.windowed_layers,
                "window_layers": self.windowed_layers,
                "window": self.window,
            }
            rows = "(full_layers * tokens + window_layers * min(tokens, window))"
            formula = " * ".join(rows if factor == LAYERS else factor for factor in self.factors)
        says = "{tokens:1 token|# tokens} of one sequence." + (f" {self.note}" if self.note else "")
        return row("cache", "Cache of keys and values", formula, names, says)


def kv_cache(config: Config, *, bytes_per_number: int = 2) -> Cache | None:
    """Return the cache of a decoder; None for other models and where the config does not tell it."""
    if not is_decoder(config) or any(config.get(name) for name in _OTHERWISE) or config.get("model_type") in _NOT_SO:
        return None
    kinds = layer_kinds(config)
    if kinds is None:
        return None
    windowed_layers, full, states = kinds
    entry = _latent(config) or _heads(config)
    window = _number(config, "attention_chunk_size" if config.get(f"layer_types.{CHUNK}") else "sliding_window")
    if entry is None or not windowed_layers + full or (windowed_layers and window is None):
        return None
    factors, says, values = entry
    sizes: dict[str, Value] = {LAYERS: windowed_layers + full, "bytes_per_number": bytes_per_number}
    who = "For each token, {layers:the one layer keeps|each of # layers keeps}"
    sentence = f"{who} {says}, {{bytes_per_number:1 byte|# bytes}} a number."
    label = "Cache of keys and values, each token"
    per_token = row("cache.token", label, " * ".join(factors), sizes | values, sentence)
    return Cache(
        factors,
        per_token,
        window if windowed_layers else None,
        windowed_layers,
        windowed_layers + full,
        _note(windowed_layers, window, states),
    )


def is_decoder(config: Config) -> bool:
    """Return whether a config is of a model that writes token by token and keeps keys and values."""
    if "use_cache" not in config or config.get("is_encoder_decoder"):
        return False
    return config.get("is_decoder") is not False or config.get("model_type") in _DECODERS


def layer_kinds(config: Config) -> tuple[int, int, int] | None:
    """Return how many layers keep the tokens of a window, all tokens, and a state; None where a kind is not known."""
    layers = _number(config, "num_hidden_layers")
    if layers is None:
        return None
    counts = {name.partition(".")[2]: _number(config, name) or 0 for name in config if name.startswith("layer_types.")}
    if not counts:
        if any(config.get(name) for name in _STATEFUL):
            return None
        windowed_layers = _number(config, "sliding_window") and config.get("use_sliding_window") is not False
        return (layers, 0, 0) if windowed_layers else (0, layers, 0)
    if counts.keys() - {FULL, WINDOW, CHUNK} - _NOTHING - _STATE or sum(counts.values()) != layers:
        return None
    states = sum(counts.get(kind, 0) for kind in _STATE)
    return counts.get(WINDOW, 0) + counts.get(CHUNK, 0), counts.get(FULL, 0), states


_Entry = tuple[tuple[str, ...], str, dict[str, Value]]


def _latent(config: Config) -> _Entry | None:
    """Return what multi-head latent attention keeps: keys and values pressed into one row, and a key of position."""
    rank, rotary = _number(config, "kv_lora_rank"), _number(config, "qk_rope_head_dim")
    if rank is None or rotary is None:
        return None
    says = "{kv_lora_rank} numbers that keys and values are made from and {qk_rope_head_dim} that tell the position"
    factors = (LAYERS, "(kv_lora_rank + qk_rope_head_dim)", "bytes_per_number")
    return factors, says, {"kv_lora_rank": rank, "qk_rope_head_dim": rotary}


def _heads(config: Config) -> _Entry | None:
    """Return what attention keeps: a key and a value for each of its key-value heads."""
    queries = _number(config, "num_attention_heads")
    heads = key_value_heads(config, queries)
    width = _number(config, "head_dim") or _number(config, "kv_channels")
    hidden_size = _number(config, "hidden_size")
    if width is None and queries and hidden_size:
        width = hidden_size // queries
    if not heads or not width:
        return None
    values: dict[str, Value] = {"key_value_heads": heads, "head_dim": width}
    says = "a key and a value of {head_dim:1 number|# numbers} for {key_value_heads:its one head|each of # heads}"
    return ("2", LAYERS, "key_value_heads", "head_dim", "bytes_per_number"), says, values


def key_value_heads(config: Config, queries: int | None) -> int | None:
    """Return for how many heads keys and values are kept; several query heads may share one."""
    if config.get("multi_query") is True and not config.get("new_decoder_architecture"):
        return 1
    return _number(config, "num_key_value_heads") or _number(config, "num_kv_heads") or queries


def _note(windowed_layers: int, window: int | None, states: int) -> str:
    note = ""
    if windowed_layers:
        layers = "1 layer keeps" if windowed_layers == 1 else f"{windowed_layers:,} layers keep"
        note = f"{layers} no more than {window:,} tokens, those in the window."
    if states:
        layers = "1 layer keeps" if states == 1 else f"{states:,} layers keep"
        note += f" {layers} a state of a fixed size instead, which is not in it."
    return note.strip()


def _number(config: Config, name: str) -> int | None:
    """Return a setting that is a whole number above zero."""
    value = config.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
