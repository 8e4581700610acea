"""A server that dies takes nothing with it that it had acknowledged."""

import random
import time

from django.db import connection

from tests.load.client import Log, Writers, check_histories, check_stored, scene

WRITERS = 16


def test_what_was_acknowledged_outlives_the_server_and_what_was_not_is_stored_once(
    mortal, soak, figures
):
    kills = soak(3, 20)
    at = scene(WRITERS, WRITERS // 2)
    log = Log()
    unsettled = 0

    with Writers(at, mortal.urls, log, insist=True).at_work():
        for _ in range(kills):
            log.wait_for(1)
            time.sleep(random.uniform(0.2, 1.2))
            # Not open here: the server is to be the last that has the database, and the next one
            # to find it as it was left.
            connection.close()
            number = random.randrange(mortal.count)
            mortal.kill(number)
            settled = log.acknowledged()
            unsettled += len(log.all()) - len(settled)
            if mortal.count == 1:
                mortal.start(number)
                check_stored(log, settled)
            else:
                check_stored(log, settled)
                mortal.start(number)

    again = [write for write in log.all() if write.sent > 1 + write.put_off]
    figures(
        f"kill -9 of the server, {kills} times, {WRITERS} writers",
        f"{len(log.acknowledged())} acknowledged, none lost; {len(again)} sent again, "
        "each stored once",
    )
    assert unsettled > 0
    assert len(log.acknowledged()) == len(log.all())
    check_stored(log)
    check_histories()
