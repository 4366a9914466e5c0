"""Environment variables for the Python workers of one plan.

Why: Spark forks workers of different environments from different daemons, which is how workers
that write tables stay apart from those that score. PySpark copies `SparkContext.environment`
whenever a Python function becomes part of a plan, whichever thread makes the plan, and offers no
way to pass variables with the function.
Tried on: PySpark 4.2.0. Goes when: a function can be given its environment.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from pyspark import SparkContext

_of_this_thread: ContextVar[Mapping[str, str] | None] = ContextVar("environment", default=None)


class _Environment(Mapping[str, str]):
    """The context's environment, or that of the thread that asks."""

    def __init__(self, base: Mapping[str, str]) -> None:
        self._base = base

    def _current(self) -> Mapping[str, str]:
        return _of_this_thread.get() or self._base

    def __getitem__(self, name: str) -> str:
        return self._current()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())


@contextmanager
def worker_environment(
    context: SparkContext, added: Mapping[str, str], removed: tuple[str, ...] = ()
) -> Iterator[None]:
    """Give other variables to workers of what this thread plans inside the block.

    Args:
        context: of the session.
        added: variables and their values.
        removed: variables that the workers do not get.
    """
    if not isinstance(context.environment, _Environment):
        context.environment = _Environment(context.environment)  # type: ignore[assignment]
    kept = {name: value for name, value in context.environment.items() if name not in removed}
    token = _of_this_thread.set(kept | dict(added))
    try:
        yield
    finally:
        _of_this_thread.reset(token)
