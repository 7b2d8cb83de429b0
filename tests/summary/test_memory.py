"""Memory, to hold, to run and to train: exact bytes, held against what PyTorch and transformers really keep."""

from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import summarykit
from summarykit.expression import evaluate, group_digits, numbers
from summarykit.runs import NO_RUN
from summarykit.summary.memory import kv_cache, memory


def of(model, *args, **options):
    return memory(summarykit.summarize(model).data.tensors, *args, **options)


def shown(row):
    return f"{numbers(row.formula.tree, dict(row.bindings))} = {group_digits(row.bytes)}"


def said(row):
    return row.sentence.say(dict(row.bindings))


def rows_of(found):
    yield from (*found.formats, *found.run, found.run_total, *found.train, *found.optimizers, *found.train_totals)


def by_key(rows):
    return {row.key: row for row in rows}


def model_of_several_formats():
    model = nn.Sequential(nn.Linear(16, 4), nn.BatchNorm1d(4), nn.Linear(4, 2).to(torch.bfloat16))
    model[0].requires_grad_(False)
    return model


def bytes_of(tensors):
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def test_every_figure_is_what_its_formula_gives():
    run = NO_RUN._replace(peak_inference=1_000, peak_training=3_000)
    for row in rows_of(of(model_of_several_formats(), run, bytes_per_parameter=3)):
        assert row.bytes == evaluate(row.formula.tree, dict(row.bindings))
        assert said(row).endswith(".")


def test_weights_as_they_are_and_in_other_formats():
    model = model_of_several_formats()
    found = of(model)
    assert found.formats[0].bytes == bytes_of(model.parameters())
    assert [shown(row) for row in found.formats] == [
        "10 × 2 + 76 × 4 = 324", "86 × 4 = 344", "86 × 2 = 172", "86 = 86", "86 ÷ 2 = 43",
    ]  # fmt: skip
    assert by_key(found.run)["buffers"].bytes == bytes_of(model.buffers())
    assert said(found.formats[1]) == "86 numbers of 4 bytes each."


@given(st.integers(1, 2**70))
def test_four_bits_share_a_byte_by_two(parameters):
    row = by_key(of(nn.Linear(parameters % 97 + 1, 1, bias=False)).formats)["weights.4"]
    assert row.bytes == -(-(parameters % 97 + 1) // 2)
    assert evaluate(row.formula.tree, {"parameters": parameters}) == -(-parameters // 2)


def test_gradients_and_states_are_for_what_is_learned_only():
    found = of(model_of_several_formats(), bytes_per_parameter=3)
    assert shown(by_key(found.train)["gradients"]) == "10 × 2 + 8 × 4 = 52"
    assert shown(by_key(found.optimizers)["optimizer.own"]) == "18 × 3 = 54"
    frozen = of(nn.Linear(4, 3).requires_grad_(False))
    assert {row.bytes for row in (by_key(frozen.train)["gradients"], *frozen.optimizers)} == {0}


OPTIMIZERS = {
    "optimizer.sgd": torch.optim.SGD,
    "optimizer.momentum": lambda parameters: torch.optim.SGD(parameters, momentum=0.9),
    "optimizer.adam": torch.optim.Adam,
    "optimizer.adam.w": torch.optim.AdamW,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(
    "make", [model_of_several_formats, lambda: nn.LSTM(4, 6, 2), lambda: nn.Linear(3, 2, bias=False)]
)
def test_gradients_and_states_are_what_pytorch_keeps(name, make):
    model = make()
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = OPTIMIZERS[name](learned)
    sum(parameter.float().sum() for parameter in learned).backward()
    optimizer.step()
    kept = [value for state in optimizer.state.values() for value in state.values() if isinstance(value, torch.Tensor)]
    found = of(model)
    assert by_key(found.optimizers)[name.removesuffix(".w")].bytes == bytes_of(kept)
    assert by_key(found.train)["gradients"].bytes == bytes_of(parameter.grad for parameter in learned)


def test_a_shared_tensor_is_held_once():
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    assert shown(of(nn.Sequential(first, second)).formats[0]) == "24 × 4 = 96"


def test_totals_say_what_is_in_them():
    run = NO_RUN._replace(peak_inference=1_000, peak_training=3_000)
    found = of(nn.Linear(16, 4), run)
    assert shown(found.run_total) == "272 + 1,000 = 1,272"
    assert said(found.run_total) == "Weights and activations."
    adam = by_key(found.train_totals)["train.adam"]
    assert adam.label == "To train: Adam or AdamW"
    assert shown(adam) == "272 + 272 + 3,000 + 552 = 4,096"
    assert said(adam) == "Weights, gradients, activations and what the optimizer keeps."
    still = of(nn.Linear(16, 4))
    assert said(still.run_total) == "Weights. Activations are not in it: no run was watched to its end."
    assert still.run_total.bytes == 272


def test_what_has_no_size_yet_is_said():
    found = of(nn.Sequential(nn.LazyLinear(3), nn.Linear(3, 2)))
    assert found.formats[0].bytes == 32
    assert said(found.formats[0]).endswith("2 tensors have no size yet and are not in it.")


def test_a_model_of_nothing():
    found = of(nn.ReLU())
    assert {row.bytes for row in rows_of(found)} == {0}
    assert found.cache is None


# The cache of keys and values, held against the cache that transformers fills.


def plain(config):
    """A config as plain values, as ``Config`` describes them."""
    held = vars(config)
    found = {name: value for name, value in held.items() if value is None or type(value) in (int, str, bool)}
    found |= {name: found[own] for name, own in config.attribute_map.items() if own in found}
    words = Counter(held.get("layer_types") or ())
    return found | {"model_type": config.model_type} | {f"layer_types.{word}": times for word, times in words.items()}


def filled(model, tokens):
    """The bytes that a model's own cache holds after reading *tokens*."""
    with torch.no_grad():
        cache = model.eval()(input_ids=torch.zeros(1, tokens, dtype=torch.long), use_cache=True).past_key_values
    return sum(bytes_of([layer.keys, layer.values]) for layer in cache.layers if layer.is_initialized)


SMALL = {"vocab_size": 32, "hidden_size": 32, "intermediate_size": 16, "num_hidden_layers": 3, "num_attention_heads": 4}
GPT2 = {"vocab_size": 32, "n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 64}
LATENT = {
    "num_key_value_heads": 4, "kv_lora_rank": 10, "qk_rope_head_dim": 6, "qk_nope_head_dim": 8, "v_head_dim": 8,
    "q_lora_rank": 12, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1,
    "moe_intermediate_size": 8, "first_k_dense_replace": 3,
}  # fmt: skip
DECODERS = {
    "llama": ("Llama", SMALL, "2 × 3 × 4 × 8 × 4 = 768"),
    "grouped queries": ("Llama", SMALL | {"num_key_value_heads": 2}, "2 × 3 × 2 × 8 × 4 = 384"),
    "heads of another width": ("Llama", SMALL | {"num_key_value_heads": 1, "head_dim": 12}, "2 × 3 × 1 × 12 × 4 = 288"),
    "gpt2": ("GPT2", GPT2, "2 × 3 × 4 × 8 × 4 = 768"),
    "gpt_neox": ("GPTNeoX", SMALL, "2 × 3 × 4 × 8 × 4 = 768"),
    "one head for all": ("GPTBigCode", GPT2, "2 × 3 × 1 × 8 × 4 = 192"),
    "latent": ("DeepseekV3", SMALL | LATENT, "3 × (10 + 6) × 4 = 192"),
    "window": ("Mistral", SMALL | {"num_key_value_heads": 2, "sliding_window": 8}, "2 × 3 × 2 × 8 × 4 = 384"),
    "some with a window": (
        "Gemma2", SMALL | {"num_key_value_heads": 2, "head_dim": 8, "sliding_window": 8}, "2 × 3 × 2 × 8 × 4 = 384",
    ),
}  # fmt: skip


def decoder(name):
    transformers = pytest.importorskip("transformers")
    family, options, expected = DECODERS[name]
    config = getattr(transformers, f"{family}Config")(**options, pad_token_id=0, bos_token_id=0, eos_token_id=0)
    head = "LMHeadModel" if family == "GPT2" else "ForCausalLM"
    return getattr(transformers, f"{family}{head}")(config), expected


@pytest.mark.parametrize("name", DECODERS)
def test_the_cache_is_what_transformers_keeps(name):
    model, expected = decoder(name)
    found = of(model, config=plain(model.config), tokens=5)
    assert shown(found.cache.per_token) == expected
    assert found.cache.per_token.bytes * 5 == by_key(found.run)["cache"].bytes == filled(model, 5)
    assert said(found.cache.per_token).endswith("4 bytes a number.")


@pytest.mark.parametrize("name", ["window", "some with a window"])
def test_a_window_bounds_the_cache(name):
    model, _ = decoder(name)
    cache = of(model, config=plain(model.config)).cache
    assert cache.window == 8
    row = cache.row_for(40)
    # transformers keeps one token less: the window counts the one that is being read.
    one_token = cache.per_token.bytes // cache.layers * cache.windowed_layers
    assert filled(model, 40) == row.bytes - one_token
    assert cache.note == f"{cache.windowed_layers} layers keep no more than 8 tokens, those in the window."
    assert said(row) == f"40 tokens of one sequence. {cache.note}"


def test_the_words_of_a_cache():
    cache = kv_cache({"use_cache": True, "num_hidden_layers": 32, "num_attention_heads": 32, "hidden_size": 4096,
                      "num_key_value_heads": 8})  # fmt: skip
    assert shown(cache.per_token) == "2 × 32 × 8 × 128 × 2 = 131,072"
    assert said(cache.per_token) == (
        "For each token, each of 32 layers keeps a key and a value of 128 numbers for each of 8 heads, "
        "2 bytes a number."
    )
    assert shown(cache.row_for(8_192)) == "8,192 × (2 × 32 × 8 × 128 × 2) = 1,073,741,824"
    latent = kv_cache({"use_cache": True, "num_hidden_layers": 61, "kv_lora_rank": 512, "qk_rope_head_dim": 64})
    assert shown(latent.per_token) == "61 × (512 + 64) × 2 = 70,272"
    assert said(latent.per_token) == (
        "For each token, each of 61 layers keeps 512 numbers that keys and values are made from and 64 that tell the "
        "position, 2 bytes a number."
    )


def test_layers_that_keep_a_state_are_not_in_it():
    config = {"use_cache": True, "num_hidden_layers": 4, "num_attention_heads": 4, "hidden_size": 32}
    mixed = kv_cache(config | {"layer_types.linear_attention": 3, "layer_types.full_attention": 1})
    assert mixed.layers == 1
    assert mixed.note == "3 layers keep a state of a fixed size instead, which is not in it."


OTHERS = {
    "encoder": {"use_cache": True, "is_decoder": False, "model_type": "bert"},
    "encoder and decoder": {"use_cache": True, "is_encoder_decoder": True},
    "a vision model": {},
    "layers of an unknown kind": {"use_cache": True, "layer_types.new_attention": 3},
    "fewer kinds than layers": {"use_cache": True, "layer_types.full_attention": 2},
    "a window of unknown size": {"use_cache": True, "layer_types.sliding_attention": 3},
    "shared caches": {"use_cache": True, "num_kv_shared_layers": 2},
    "states of unknown number": {"use_cache": True, "mamba_d_state": 16},
    "measured to be otherwise": {"use_cache": True, "model_type": "cpmant"},
    "values of another kind": {"use_cache": True, "num_hidden_layers": "3"},
    "flags for numbers": {"use_cache": True, "num_attention_heads": True},
}


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_is_claimed_of_other_models(name):
    known = {"num_hidden_layers": 3, "num_attention_heads": 4, "hidden_size": 32}
    assert kv_cache(known | {"use_cache": True}) is not None
    assert kv_cache(known | OTHERS[name]) is None


@pytest.mark.parametrize("name", ["Bert", "T5", "ViT", "Mamba", "Whisper"])
def test_models_without_such_a_cache(name):
    transformers = pytest.importorskip("transformers")
    assert kv_cache(plain(getattr(transformers, f"{name}Config")())) is None
