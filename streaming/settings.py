"""Every setting of careerstream: one validated model, read from file, environment and flags.

Precedence, highest first: `--set a.b=value` flags, environment (`CAREERSTREAM_A__B`), the TOML
file given by `--config` or CAREERSTREAM_CONFIG (else `careerstream.toml` in the working directory,
when there is one), defaults. Names are the same in all three. Secrets belong in the environment or
in a file; they print as stars.
"""

import os
import tomllib
from collections.abc import Iterable
from contextvars import ContextVar
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as PydanticSettingsError

from streaming.errors import SettingsError

CONFIG_VARIABLE = "CAREERSTREAM_CONFIG"
DEFAULT_CONFIG = Path("careerstream.toml")


class Tuning(StrEnum):
    """A private part of Spark that makes the stream faster (`spark.tuned`)."""

    ARROW_OPERATOR = "arrow_operator"
    STATE_CLIENT = "state_client"
    PYTHON_DAEMON = "python_daemon"
    HADOOP_CONFIGURATION = "hadoop_configuration"
    CODE_GENERATION = "code_generation"


def tunings(tuned: str) -> frozenset[Tuning]:
    """Return the parts that a value of `spark.tuned` names.

    Raises:
        ValueError: it names something else.
    """
    if tuned in {"on", "off"}:
        return frozenset(Tuning if tuned == "on" else ())
    return frozenset(Tuning(name.strip()) for name in tuned.split(","))


class Section(BaseModel):
    """A group of settings; a name it does not know is an error, not silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class KafkaSettings(Section):
    """Where Kafka is and how to talk to it; every client is configured from here."""

    bootstrap_servers: str = Field(
        default="127.0.0.1:9092", description="host:port of one or more brokers, comma separated"
    )
    topic_prefix: str = Field(
        default="", description="put before every topic name, e.g. 'staging.'"
    )
    replication_factor: int = Field(
        default=1, ge=1, description="replicas of each topic; 3 on a real cluster"
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="as in Kafka's security.protocol"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="PLAIN", description="as in Kafka's sasl.mechanism"
    )
    username: str | None = Field(default=None, description="SASL user")
    password: SecretStr | None = Field(default=None, description="SASL password")
    ssl_ca: Path | None = Field(default=None, description="PEM file of the certificate authority")
    ssl_certificate: Path | None = Field(
        default=None, description="PEM file with the client's certificate chain and private key"
    )
    connect_seconds: float = Field(
        default=10.0, gt=0, description="how long the first answer of a broker may take"
    )
    fetch_max_wait_ms: int = Field(
        default=1,
        ge=1,
        description="how long a broker may hold back a small fetch of a streaming job, "
        "milliseconds; each batch waits so long for each partition",
    )
    max_offsets_per_trigger: int = Field(
        default=500_000,
        ge=1,
        description="most messages one micro-batch takes; of postings, profiles and "
        "recommendations, which are larger, a tenth; set fewer where events have many kilobytes",
    )

    @model_validator(mode="after")
    def _sasl_is_complete(self) -> Self:
        if self.security_protocol.startswith("SASL") and not (self.username and self.password):
            raise ValueError(
                f"security_protocol {self.security_protocol} needs username and password"
            )
        return self


class SparkSettings(Section):
    """How the Spark session is made."""

    master: str = Field(
        default="local[2]", description="Spark master; spark-submit's own --master wins over it"
    )
    state_partitions: int = Field(
        default=2,
        ge=1,
        description="partitions of the keyed state, fixed once a checkpoint exists; about one per "
        "core of the cluster to grow into",
    )
    driver_memory: str = Field(default="2g", description="memory of the driver's JVM")
    tuned: str = Field(
        default="on",
        description="private parts of Spark that make the stream faster: on, off (public API "
        f"alone), or some of {', '.join(Tuning)}, separated by commas",
    )
    conf: dict[str, str] = Field(
        default={}, description="any further Spark configuration, passed on as it is"
    )

    @field_validator("tuned")
    @classmethod
    def _parts_exist(cls, tuned: str) -> str:
        tunings(tuned)
        return tuned


class StorageSettings(Section):
    """Where tables, checkpoints and the prepared models live; local paths or Hadoop URIs."""

    lake: str | None = Field(default=None, description="Delta tables; default: HOME/lake")
    checkpoints: str | None = Field(
        default=None, description="streaming checkpoints; default: HOME/checkpoints"
    )
    retention_hours: float = Field(
        default=168.0,
        ge=1,
        description="how long maintain leaves replaced files to readers of older versions; longer "
        "than any write, reading or training takes",
    )


class MlflowSettings(Section):
    """Where runs and models are kept."""

    tracking_uri: str | None = Field(
        default=None, description="MLflow server; default: SQLite under HOME/mlflow"
    )
    experiment: str = Field(default="careerstream", description="experiment of the training runs")
    model_name: str = Field(default="careerstream", description="registered model")


class TrainingSettings(Section):
    """How a model is trained."""

    preset: str = Field(
        default="published", description="named configuration (training.model.presets)"
    )
    processes: int = Field(
        default=2, ge=1, description="Horovod processes; one where Horovod is absent"
    )
    launcher: Literal["local", "spark"] = Field(
        default="local", description="where those run: on this machine, or on Spark's executors"
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto",
        description="where each process computes; auto: a GPU of its own where PyTorch sees one",
    )
    seed: int = Field(default=7, description="of everything random")
    epochs: int | None = Field(default=None, ge=1, description="overrides the preset's epochs")
    text_encoder: str | None = Field(
        default=None,
        description="word2vec or GloVe file, or a language model by folder or by NAME@REVISION "
        "(extra lm); default: word vectors trained on the catalogue",
    )


class RecommendSettings(Section):
    """How lists are made."""

    size: int = Field(default=10, ge=1, le=100, description="postings in a list")
    refresh_seconds: float = Field(
        default=2.0, gt=0, description="how often a new champion or catalogue is looked for"
    )


class JobSettings(Section):
    """How the streaming jobs run."""

    lake_interval_seconds: float = Field(
        default=120.0, ge=0, description="time between commits to the tables of history"
    )
    catalogue_interval_seconds: float = Field(
        default=5.0, ge=0, description="time between commits to the table of postings"
    )
    shutdown_seconds: float = Field(
        default=30.0, gt=0, description="how long a stopping job may finish its batch"
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="logs for people, or one JSON object a line with batch ids"
    )


class MetricsSettings(Section):
    """What a running job tells about itself ([metrics.md](metrics.md))."""

    host: str = Field(default="127.0.0.1", description="where /metrics and /health are served")
    port: Annotated[int, Field(ge=0, le=65535)] | Literal["off"] = Field(
        default=0, description="at which port; 0: a free one, chosen and logged; off: nowhere"
    )
    interval_seconds: float = Field(
        default=5.0,
        gt=0,
        description="how often HOME/run/JOB.json and HOME/run/JOB.prom are written",
    )
    stalled_seconds: float = Field(
        default=120.0, gt=0, description="how long a batch may take before the job is unhealthy"
    )


class Settings(BaseSettings):
    """All settings. `load` is the way to make one."""

    model_config = SettingsConfigDict(
        env_prefix="CAREERSTREAM_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    home: Path = Field(
        default=Path(".local"), description="folder of everything the project writes"
    )
    kafka: KafkaSettings = KafkaSettings()
    spark: SparkSettings = SparkSettings()
    storage: StorageSettings = StorageSettings()
    mlflow: MlflowSettings = MlflowSettings()
    training: TrainingSettings = TrainingSettings()
    recommend: RecommendSettings = RecommendSettings()
    jobs: JobSettings = JobSettings()
    metrics: MetricsSettings = MetricsSettings()

    @property
    def lake(self) -> str:
        """Folder or URI of the Delta tables."""
        return self.storage.lake or str(self.home.absolute() / "lake")

    @property
    def checkpoints(self) -> str:
        """Folder or URI of the streaming checkpoints."""
        return self.storage.checkpoints or str(self.home.absolute() / "checkpoints")

    @property
    def tracking_uri(self) -> str:
        """The MLflow tracking and registry URI."""
        database = self.home.absolute() / "mlflow" / "mlflow.db"
        return self.mlflow.tracking_uri or f"sqlite:///{database}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags (the constructor's arguments) over environment over file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _file.get())


_file: ContextVar[Path | None] = ContextVar("settings_file", default=None)


def load(config: Path | None = None, overrides: Iterable[str] = ()) -> Settings:
    """Read and check every source.

    Args:
        config: a TOML file; default CAREERSTREAM_CONFIG, then `careerstream.toml` where it exists.
        overrides: `section.name=value` strings, the `--set` flags.

    Raises:
        SettingsError: naming the setting, what is wrong with it and where the names are listed.
    """
    token = _file.set(_config_file(config))
    try:
        return Settings(**_nest(overrides))
    except ValidationError as error:
        raise SettingsError(_explain(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, PydanticSettingsError) as error:
        raise SettingsError(f"settings cannot be read: {error} (file {_file.get()})") from error
    finally:
        _file.reset(token)


def names(model: type[BaseModel] = Settings, prefix: str = "") -> dict[str, FieldInfo]:
    """List every setting under its dotted name."""
    found: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            found |= names(field.annotation, f"{prefix}{name}.")
        else:
            found[prefix + name] = field
    return found


def environment_name(setting: str) -> str:
    """Return the environment variable of a setting, given its dotted name."""
    return "CAREERSTREAM_" + setting.replace(".", "__").upper()


def _config_file(config: Path | None) -> Path | None:
    chosen = config or (Path(value) if (value := os.environ.get(CONFIG_VARIABLE)) else None)
    if chosen is None:
        return DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None
    if not chosen.is_file():
        raise SettingsError(f"settings file {chosen} does not exist; give an existing TOML file")
    return chosen


def _nest(overrides: Iterable[str]) -> dict[str, Any]:
    """Turn `a.b=1` flags into `{"a": {"b": 1}}`; a value that is no TOML literal is a string."""
    nested: dict[str, Any] = {}
    for flag in overrides:
        name, equals, text = flag.partition("=")
        if not equals:
            raise SettingsError(f"--set {flag} has no value; write --set {flag}=VALUE")
        *sections, last = name.strip().split(".")
        target = nested
        for section in sections:
            target = target.setdefault(section, {})
            if not isinstance(target, dict):
                raise SettingsError(f"--set {flag} goes into {section}, which is a plain value")
        target[last] = _literal(text)
    return nested


def _literal(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _explain(error: ValidationError) -> str:
    """Make one line of pydantic's report: first fault, its value unless it could be a secret."""
    first, *others = error.errors(include_url=False)
    name = ".".join(str(part) for part in first["loc"]) or "settings"
    if first["type"] == "extra_forbidden":
        close = get_close_matches(name, names(), n=1, cutoff=0.75)
        hint = f"did you mean {close[0]}?" if close else "`careerstream settings` lists them all"
        return f"there is no setting {name}; {hint}"
    secret = "password" in name or isinstance(first["input"], (dict, BaseModel))
    value = "" if secret else f" (is {first['input']!r})"
    more = f"; and {len(others)} more" if others else ""
    return f"setting {name}{value}: {first['msg']}{more}; `careerstream settings` explains them"
