"""Build the composer from the settings: the language model, its limits and its cache."""

from pathlib import Path

from app.composing.composer import Composer
from app.composing.limits import Calls, DailyTokens, written_before
from app.composing.model import LanguageModel, ModelSettings
from app.settings import Settings
from retriever.types import TenkyoError

_MOST_KEY_BYTES = 4096


def composer_of(settings: Settings) -> Composer:
    """The composer. Raises TenkyoError for settings that do not go together."""
    return Composer(
        language_model(settings),
        Calls(settings.llm_calls),
        DailyTokens(_usage_file(), settings.llm_tokens_per_day),
        written_before() if settings.llm_cache else None,
        makes_whole=settings.llm_follow_ups,
    )


def language_model(settings: Settings) -> LanguageModel:
    """The language model, with the key from its file where one is named. Raises TenkyoError as `composer_of` does."""
    if not settings.llm_url:
        raise TenkyoError("TENKYO_LLM_URL is missing; set the address of the language model, or none of TENKYO_LLM_*")
    if not settings.llm_model:
        raise TenkyoError("TENKYO_LLM_MODEL is missing; name the model at TENKYO_LLM_URL, such as gemma3:4b")
    if settings.llm_key and settings.llm_key_file:
        raise TenkyoError("TENKYO_LLM_KEY and TENKYO_LLM_KEY_FILE are both set; set one of them")
    key = settings.llm_key or (_key_in(Path(settings.llm_key_file)) if settings.llm_key_file else "")
    return LanguageModel(ModelSettings(settings.llm_url, settings.llm_model, key))


def _key_in(path: Path) -> str:
    try:
        with path.open("rb") as file:
            key = file.read(_MOST_KEY_BYTES).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TenkyoError(f"TENKYO_LLM_KEY_FILE {path} cannot be read; name a file that holds the key alone") from error
    if not key or len(key.split()) != 1:
        raise TenkyoError(f"TENKYO_LLM_KEY_FILE {path} holds no single key; write the key alone into it")
    return key


def _usage_file() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("tenkyo", appauthor=False) / "llm-tokens.json"
