from infra.broker.server_config import new_cluster_id


def test_no_cluster_id_looks_like_an_option() -> None:
    ids = [new_cluster_id() for _ in range(2_000)]
    assert not [cluster_id for cluster_id in ids if cluster_id.startswith("-")]
    assert len(set(ids)) == len(ids)
