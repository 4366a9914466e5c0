"""A service in one file: python show_lists.py SERVERS CANDIDATE [PREFIX].

It fills a store with the lists there are, prints what it would show to one candidate, and reports
that the candidate has seen it.
"""

import sys

from careerstream_client import Connection, Consumer, ListStore, Producer

servers, candidate, *prefix = sys.argv[1:]
kafka = Connection(servers, topic_prefix="".join(prefix))
store = ListStore()

with Consumer(kafka) as consumer, Producer(kafka) as producer:
    for change in consumer.catch_up():
        store.apply(change)
    shown = store.get(candidate)
    for item in shown.items if shown else ():
        print(item.rank, item.posting_id, item.reasons[0].text)
        producer.event(
            candidate_id=candidate, posting_id=item.posting_id, kind="impression", shown_in=shown
        )
