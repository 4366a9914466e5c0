"""What the session's JVM is relieved of."""

import pytest
from py4j.java_gateway import java_import

pytestmark = pytest.mark.spark


def test_settings_of_hadoop_are_sent_without_what_nobody_reads(spark):
    sent = spark._jsparkSession.sessionState().newHadoopConf()
    assert sent.get("fs.defaultFS") == "file:///"
    assert sent.getPropertySources("fs.defaultFS") is None
    assert sent.get("yarn.resourcemanager.address") is None


def test_threads_without_a_session_interpret_rows(spark):
    jvm = spark._jvm
    java_import(jvm, "org.apache.spark.sql.internal.SQLConf")
    mode = jvm.SQLConf.CODEGEN_FACTORY_MODE()
    assert jvm.SQLConf().getConf(mode).toString() == "NO_CODEGEN"
    # What a session says itself still holds.
    spark.conf.set("spark.sql.codegen.factoryMode", "CODEGEN_ONLY")
    try:
        told = spark._jsparkSession.sessionState().conf().getConf(mode).toString()
    finally:
        spark.conf.unset("spark.sql.codegen.factoryMode")
    assert told == "CODEGEN_ONLY"
