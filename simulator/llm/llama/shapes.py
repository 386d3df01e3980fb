"""The shapes of llama-server's answers, as a real one's were recorded."""

from typing import Any, Final

MODEL: Final = "/models/qwen2.5-7b-instruct-q4_k_m.gguf"
"""Its whole path, as a server that was given no alias names its model."""
BUILD: Final = "b9312-0c1e570"


def props(context: int) -> dict[str, Any]:
    """`GET /props`."""
    return {
        "default_generation_settings": {
            "params": {
                "seed": 4294967295,
                "temperature": 0.800000011920929,
                "dynatemp_range": 0.0,
                "dynatemp_exponent": 1.0,
                "top_k": 40,
                "top_p": 0.949999988079071,
                "min_p": 0.05000000074505806,
                "top_n_sigma": -1.0,
                "xtc_probability": 0.0,
                "xtc_threshold": 0.10000000149011612,
                "typical_p": 1.0,
                "repeat_last_n": 64,
                "repeat_penalty": 1.0,
                "presence_penalty": 0.0,
                "frequency_penalty": 0.0,
                "dry_multiplier": 0.0,
                "dry_base": 1.75,
                "dry_allowed_length": 2,
                "dry_penalty_last_n": 64,
                "mirostat": 0,
                "mirostat_tau": 5.0,
                "mirostat_eta": 0.10000000149011612,
                "adaptive_target": -1.0,
                "adaptive_decay": 0.8999999761581421,
                "max_tokens": -1,
                "n_predict": -1,
                "n_keep": 0,
                "n_discard": 0,
                "ignore_eos": False,
                "stream": False,
                "n_probs": 0,
                "min_keep": 0,
                "chat_format": "Content-only",
                "reasoning_format": "none",
                "reasoning_in_content": False,
                "generation_prompt": "",
                "samplers": [
                    *("penalties", "dry", "top_n_sigma", "top_k", "typ_p"),
                    *("top_p", "min_p", "xtc", "temperature"),
                ],
                "speculative.types": "none",
                "timings_per_token": False,
                "post_sampling_probs": False,
                "backend_sampling": False,
                "lora": [],
            },
            "n_ctx": context,
        },
        "total_slots": 1,
        "model_alias": MODEL,
        "model_ftype": "Q4_K - Medium",
        "model_path": MODEL,
        "modalities": {"vision": False, "video": False, "audio": False},
        "media_marker": "<__media_simulated__>",
        "endpoint_slots": True,
        "endpoint_props": False,
        "endpoint_metrics": False,
        "ui": True,
        "ui_settings": {},
        "chat_template_caps": {
            "supports_object_arguments": True,
            "supports_parallel_tool_calls": True,
            "supports_preserve_reasoning": False,
            "supports_reasoning_effort": False,
            "supports_string_content": True,
            "supports_system_role": True,
            "supports_tool_calls": True,
            "supports_tools": True,
            "supports_typed_content": False,
        },
        "bos_token": "<|endoftext|>",
        "eos_token": "<|im_end|>",
        "build_info": BUILD,
        "is_sleeping": False,
        "cors_proxy_enabled": False,
    }


def models(context: int, now: int) -> dict[str, Any]:
    """`GET /v1/models`."""
    one = {
        "id": MODEL,
        "object": "model",
        "created": now,
        "owned_by": "llamacpp",
        "meta": {"n_ctx_train": 32_768, "n_ctx": context, "n_vocab": 151_936},
    }
    return {"object": "list", "data": [one]}


def error(status: int, kind: str, message: str, **figures: int) -> dict[str, Any]:
    """Any refusal."""
    return {"error": {"code": status, "message": message, "type": kind, **figures}}


def usage(prompt: int, cached: int, said: int) -> dict[str, Any]:
    """What a request used, in tokens."""
    return {
        "completion_tokens": said,
        "prompt_tokens": prompt,
        "total_tokens": prompt + said,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def timings(prompt: int, cached: int, said: int, prompt_s: float, said_s: float) -> dict[str, Any]:
    """How long it took, in the many ways the server tells it."""
    fresh = max(1, prompt - cached)
    prompt_ms, said_ms = max(0.01, prompt_s * 1e3), max(0.01, said_s * 1e3)
    spoken = max(1, said)
    return {
        "cache_n": cached,
        "prompt_n": fresh,
        "prompt_ms": round(prompt_ms, 3),
        "prompt_per_token_ms": prompt_ms / fresh,
        "prompt_per_second": 1e3 * fresh / prompt_ms,
        "predicted_n": said,
        "predicted_ms": round(said_ms, 3),
        "predicted_per_token_ms": said_ms / spoken,
        "predicted_per_second": 1e3 * spoken / said_ms,
    }
