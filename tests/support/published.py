"""Models whose counts are published, built on the meta device from configs typed by hand."""

from typing import NamedTuple

import torch
from torch import nn


class Published(NamedTuple):
    model: str
    config: str
    options: dict[str, object]
    total: int
    active: int
    without_embedding: int | None = None  #: active, without the input embedding


def gpt_oss(layers: int, experts: int) -> dict[str, object]:
    return {"num_hidden_layers": layers, "num_local_experts": experts}


MODELS = {
    "Mixtral-8x7B": Published("MixtralForCausalLM", "MixtralConfig", {}, 46_702_792_704, 12_879_925_248),
    "Mixtral-8x22B": Published(
        "MixtralForCausalLM", "MixtralConfig",
        {"vocab_size": 32_768, "hidden_size": 6_144, "intermediate_size": 16_384, "num_hidden_layers": 56,
         "num_attention_heads": 48, "num_key_value_heads": 8},
        140_630_071_296, 39_161_468_928,
    ),
    "Qwen3-235B-A22B": Published(
        "Qwen3MoeForCausalLM", "Qwen3MoeConfig",
        {"vocab_size": 151_936, "hidden_size": 4_096, "num_hidden_layers": 94, "num_attention_heads": 64,
         "num_key_value_heads": 4, "head_dim": 128, "moe_intermediate_size": 1_536, "num_experts": 128,
         "num_experts_per_tok": 8, "decoder_sparse_step": 1, "mlp_only_layers": []},
        235_093_634_560, 22_190_763_520,
    ),
    "Qwen3-30B-A3B": Published(
        "Qwen3MoeForCausalLM", "Qwen3MoeConfig",
        {"vocab_size": 151_936, "hidden_size": 2_048, "num_hidden_layers": 48, "num_attention_heads": 32,
         "num_key_value_heads": 4, "head_dim": 128, "moe_intermediate_size": 768, "num_experts": 128,
         "num_experts_per_tok": 8, "decoder_sparse_step": 1, "mlp_only_layers": []},
        30_532_122_624, 3_353_032_704,
    ),
    "DeepSeek-V3": Published(
        "DeepseekV3ForCausalLM", "DeepseekV3Config", {}, 671_026_404_352, 37_552_282_624, 36_625_603_584
    ),
    "gpt-oss-120b": Published(
        "GptOssForCausalLM", "GptOssConfig", gpt_oss(36, 128), 116_829_156_672, 5_711_982_912, 5_132_849_472
    ),
    "gpt-oss-20b": Published(
        "GptOssForCausalLM", "GptOssConfig", gpt_oss(24, 32), 20_914_757_184, 4_187_440_704, 3_608_307_264
    ),
    "OLMoE-1B-7B": Published(
        "OlmoeForCausalLM", "OlmoeConfig",
        {"vocab_size": 50_304, "hidden_size": 2_048, "intermediate_size": 1_024, "num_hidden_layers": 16,
         "num_attention_heads": 16, "num_key_value_heads": 16, "num_experts": 64, "num_experts_per_tok": 8},
        6_919_161_856, 1_282_017_280,
    ),
    "Qwen1.5-MoE-A2.7B": Published(
        "Qwen2MoeForCausalLM", "Qwen2MoeConfig", {}, 14_315_784_192, 2_689_173_504
    ),
    "DeepSeek-V2": Published(
        "DeepseekV2ForCausalLM", "DeepseekV2Config",
        {"vocab_size": 102_400, "hidden_size": 5_120, "intermediate_size": 12_288, "moe_intermediate_size": 1_536,
         "num_hidden_layers": 60, "num_attention_heads": 128, "num_key_value_heads": 128, "n_shared_experts": 2,
         "n_routed_experts": 160, "kv_lora_rank": 512, "q_lora_rank": 1_536, "qk_rope_head_dim": 64,
         "v_head_dim": 128, "qk_nope_head_dim": 128, "topk_method": "group_limited_greedy", "n_group": 8,
         "topk_group": 3, "num_experts_per_tok": 6, "first_k_dense_replace": 1},
        235_741_434_880, 21_375_800_320,
    ),
    "DBRX": Published(
        "DbrxForCausalLM", "DbrxConfig",
        {"vocab_size": 100_352, "d_model": 6_144, "n_heads": 48, "n_layers": 40, "max_seq_len": 32_768,
         "attn_config": {"kv_n_heads": 8, "rope_theta": 500_000, "clip_qkv": 8},
         "ffn_config": {"ffn_hidden_size": 10_752, "moe_num_experts": 16, "moe_top_k": 4, "hidden_size": 6_144}},
        131_596_523_520, 36_469_708_800,
    ),
    "Llama-3.1-405B": Published(
        "LlamaForCausalLM", "LlamaConfig",
        {"vocab_size": 128_256, "hidden_size": 16_384, "intermediate_size": 53_248, "num_hidden_layers": 126,
         "num_attention_heads": 128, "num_key_value_heads": 8},
        405_853_388_800, 405_853_388_800,
    ),
    # Its router says in its name that it takes one; 6 layers of the encoder and 6 of the decoder have 8 experts.
    "Switch-base-8": Published(
        "SwitchTransformersForConditionalGeneration", "SwitchTransformersConfig",
        {"d_ff": 3_072, "num_layers": 12, "num_sparse_encoder_layers": 6, "num_decoder_layers": 12,
         "num_sparse_decoder_layers": 6},
        619_339_008, 619_339_008 - 12 * 7 * 2 * 768 * 3_072,
    ),
}  # fmt: skip


def built(name: str) -> nn.Module:
    import transformers

    found = MODELS[name]
    with torch.device("meta"):
        return getattr(transformers, found.model)(getattr(transformers, found.config)(**found.options))
