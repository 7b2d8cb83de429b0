"""Models of transformers, built on meta and small: products agree with torch's own counter, and nothing is assumed."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from support.watched import watch

transformers = pytest.importorskip("transformers")

TEXT = {"input_ids": (1, 16)}
#: The configuration of each, and the sizes of what it is given.
MODELS = {
    "Bert": ({"num_hidden_layers": 2}, TEXT),
    "GPT2": ({"n_layer": 2}, TEXT),
    "Llama": ({"num_hidden_layers": 2}, TEXT),
    "T5": ({"num_layers": 2}, {**TEXT, "decoder_input_ids": (1, 4)}),
    "ViT": ({"num_hidden_layers": 2}, {"pixel_values": (1, 3, 224, 224)}),
}


def built(name, settings):
    config = getattr(transformers, f"{name}Config")(**settings)
    with torch.device("meta"):
        return getattr(transformers, f"{name}Model")(config).eval()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MODELS)
def test_products_agree_with_those_that_torch_counts(name):
    settings, sizes = MODELS[name]
    model = built(name, settings)
    dtypes = {key: torch.float32 if key == "pixel_values" else torch.long for key in sizes}
    watched = watch(model, **{key: torch.ones(size, dtype=dtypes[key]) for key, size in sizes.items()})
    assert watched.record.ok, watched.record.error
    assert (watched.record.how, watched.record.reasons, watched.record.uncounted) == ("fake", (), ())
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(**{key: torch.ones(size, dtype=dtypes[key], device="meta") for key, size in sizes.items()})
    assert watched.macs == counter.get_total_flops() / 2


@pytest.mark.filterwarnings("ignore")
def test_caches_and_experts_are_named_and_counted():
    llama = watch(built("Llama", {"num_hidden_layers": 2}), torch.ones(1, 16, dtype=torch.long), use_cache=True)
    names = [flow.name for flow in llama.record.calls[0].outputs]
    assert names[0] == "last_hidden_state"
    assert {"past_key_values.0.keys", "past_key_values.1.values"} <= set(names)
    settings = {"num_hidden_layers": 1, "hidden_size": 64, "intermediate_size": 32, "num_attention_heads": 4,
                "num_key_value_heads": 2, "num_local_experts": 4, "num_experts_per_tok": 2}  # fmt: skip
    experts = watch(built("Mixtral", settings), torch.ones(1, 16, dtype=torch.long))
    assert experts.record.ok, experts.record.error
    products = [operator for call in experts.record.calls for operator in call.operators if "grouped" in operator.name]
    assert sum(operator.macs for operator in products) == 16 * 2 * (3 * 64 * 32)
