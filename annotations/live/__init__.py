"""Live updates: one connection of a browser tells its pages what others did (DESIGN 6).

``stream`` speaks HTTP, ``hub`` knows who follows what and reads what changed, ``listening`` hears
that something did. They run on the server's event loop; every query runs in one of two threads,
so that a stream that waits holds neither a thread nor a database connection.
"""
