"""Stand-ins for the outside world: embedded broker, market simulator, provisioning, doctor."""
