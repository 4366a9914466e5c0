"""Private parts of Spark, py4j and Hadoop: the only room that touches them."""
