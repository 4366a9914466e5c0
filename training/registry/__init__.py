"""The MLflow registry: tracking, packaging, registration, the gate, promotion."""
