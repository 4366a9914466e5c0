"""What the session's JVM is relieved of."""

import pytest

from streaming.spark.internals.tuned import hadoop_configuration

pytestmark = pytest.mark.spark

MODE = "spark.sql.codegen.factoryMode"


def sent(spark):
    """Hadoop's settings as a batch sends them."""
    return spark._jsparkSession.sessionState().newHadoopConf()


def test_settings_of_hadoop_are_sent_without_what_nobody_reads(spark):
    settings = sent(spark)
    assert settings.get("fs.defaultFS") == "file:///"
    assert settings.getPropertySources("fs.defaultFS") is None
    assert settings.get("yarn.resourcemanager.address") is None


def test_what_somebody_set_of_yarn_stays(spark):
    hadoop = spark._jsparkSession.sparkContext().hadoopConfiguration()
    hadoop.set("yarn.mine", "1")
    try:
        assert hadoop_configuration.apply(spark)
        hadoop_configuration.drop_yarn_defaults(
            hadoop
        )  # now nobody knows any more where it came from
        assert sent(spark).get("yarn.mine") == "1"
    finally:
        hadoop.unset("yarn.mine")


def test_yarns_defaults_are_removed(spark):
    jvm = spark._jvm
    hadoop = jvm.org.apache.hadoop.conf.Configuration(False)  # noqa: FBT003 - without defaults
    hadoop.addResource("yarn-default.xml")
    hadoop.set("yarn.mine", "1")
    before = hadoop.size()
    hadoop_configuration.drop_yarn_defaults(hadoop)
    assert before > 100
    assert hadoop.get("yarn.mine") == "1"
    assert hadoop.get("yarn.resourcemanager.address") is None


def test_threads_without_a_session_interpret_rows(spark):
    conf = spark._jvm.org.apache.spark.sql.internal.SQLConf
    mode = conf.CODEGEN_FACTORY_MODE()
    assert conf().getConf(mode).toString() == "NO_CODEGEN"
    # What a session says still holds.
    said = spark.conf.get(MODE)
    spark.conf.set(MODE, "FALLBACK")
    try:
        assert spark._jsparkSession.sessionState().conf().getConf(mode).toString() == "FALLBACK"
    finally:
        spark.conf.set(MODE, said)
