"""The model: words to vectors, encoder, attention, decoder, training and the registry."""

from streaming.quiet import quieten_mlflow

quieten_mlflow()  # here, because the modules below import MLflow first of all
