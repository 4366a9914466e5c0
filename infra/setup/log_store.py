"""Compiles the log store of Delta for S3 into a jar of the cache.

Janino compiles it, which comes with pyspark: a Java runtime has no compiler. Standard library only,
because set-up runs this too.
"""

import os
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from streaming import dependencies
from streaming.errors import MissingDependencyError

_COMPILER = "org.codehaus.commons.compiler.samples.CompilerDemo"
_COMPILER_JARS = ("janino-*.jar", "commons-compiler-*.jar")
_SPARK_JARS = ("hadoop-client-api-*.jar", "commons-io-*.jar")


def missing() -> bool:
    """Return whether the jar is not in the cache."""
    return not any(dependencies.log_store_folder().glob("*.jar"))


def install(pyspark: Path) -> None:
    """Compile the log store, unless it is there, with the jars of an installed pyspark.

    Raises:
        MissingDependencyError: no Java, no jar of Delta, or it does not compile.
    """
    if not missing():
        return
    folder = dependencies.log_store_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".compiling-", dir=folder.parent))
    try:
        _compile(pyspark / "jars", work / "classes")
        (work / "jar").mkdir()
        with zipfile.ZipFile(work / "jar" / "careerstream-log-store.jar", "w") as jar:
            for file in sorted((work / "classes").rglob("*.class")):
                jar.write(file, file.relative_to(work / "classes"))
        _publish(work / "jar", folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _publish(done: Path, folder: Path) -> None:
    try:
        done.rename(folder)
    except OSError:  # another process was faster
        if missing():
            raise


def _compile(jars: Path, classes: Path) -> None:
    classes.mkdir()
    compiler = [found for name in _COMPILER_JARS for found in jars.glob(name)]
    library = [found for name in _SPARK_JARS for found in jars.glob(name)]
    library += [jar for jar in dependencies.spark_jars() if jar.name.startswith("delta-storage")]
    command = [
        *(str(dependencies.java().executable), "-cp", _path(compiler), _COMPILER),
        *("-d", str(classes), "-classpath", _path(library)),
        str(dependencies.log_store_source()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not any(classes.rglob("*.class")):
        why = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
        raise MissingDependencyError(f"the log store for S3 does not compile: {why[-1]}")


def _path(jars: list[Path]) -> str:
    return os.pathsep.join(map(str, jars))
