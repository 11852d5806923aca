"""Servers with their clients, and data bases."""

import os
import random
import shutil
import socket
import threading
import time
from pathlib import Path

from . import NotHere, Work, find, program, run, text_file
from .inputs import corpus

PATIENCE_S = 60


def connect(path):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(path))
            return connection
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def drive_redis(path):
    connection = connect(path)
    lines = connection.makefile("rb")
    generator = random.Random(5)

    def send(commands):
        """Pipelined; every reply of these commands is one line or a bulk string."""
        packed = b"".join(
            b"*%d\r\n" % len(command)
            + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in
                       (str(word).encode() for word in command)) for command in commands)
        connection.sendall(packed)
        for _ in commands:
            head = lines.readline()
            if head[:1] == b"-":
                raise OSError(head.decode())

    for start in range(0, 200_000, 1000):
        commands = []
        for n in range(start, start + 1000):
            kind = n % 8
            if kind < 3:
                commands.append(["SET", f"session:{n}", "x" * generator.randrange(10, 200),
                                 *(["EX", 3600 + n] if kind == 1 else [])])
            elif kind == 3:
                commands.append(["HSET", f"user:{n % 2000}", f"field {n}", n])
            elif kind == 4:
                commands.append(["SADD", f"tags:{n % 500}", f"tag {n}"])
            elif kind == 5:
                commands.append(["ZADD", f"scores:{n % 100}", n, f"player {n}"])
            elif kind == 6:
                commands.append(["RPUSH", f"list:{n % 100}", n])
            else:
                commands.append(["PFADD", f"visitors:{n % 50}", n])
        send(commands)
    time.sleep(1.5)
    for start in range(0, 200_000, 1000):
        send([["DEL", f"session:{n}"] for n in range(start, start + 1000) if n % 10])
    time.sleep(1.5)
    connection.sendall(b"SHUTDOWN NOSAVE\r\n")


@program
def redis_server(folder):
    """takes 200,000 strings, hashes, sets, lists and others, then loses most of the strings"""
    path = folder / "redis.socket"
    path.unlink(missing_ok=True)
    return Work([find("redis-server"), "--port", "0", "--unixsocket", str(path), "--save", "",
                 "--dir", str(folder), "--logfile", "/dev/null"], drive=lambda _: drive_redis(path))


def drive_memcached(process, path):
    def client(which):
        connection = connect(path)
        lines = connection.makefile("rb")
        for start in range(which * 25_000, which * 25_000 + 25_000, 500):
            connection.sendall(b"".join(b"set key%d 0 0 20\r\n%s\r\n" % (n, b"v" * 20)
                                        for n in range(start, start + 500)))
            for _ in range(500):
                lines.readline()

    clients = [threading.Thread(target=client, args=(which,)) for which in range(4)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    time.sleep(1.5)
    process.terminate()


@program
def memcached(folder):
    """four threads take 100,000 keys from four clients"""
    path = folder / "memcached.socket"
    path.unlink(missing_ok=True)
    return Work([find("memcached"), "-t", "4", "-m", "64", "-s", str(path),
                 *(["-u", "root"] if os.geteuid() == 0 else [])],
                drive=lambda process: drive_memcached(process, path))


def drive_nginx(process, path):
    for _ in range(3000):
        connection = connect(path)
        connection.sendall(b"GET /corpus-8.txt HTTP/1.0\r\nRange: bytes=0-9999\r\n\r\n")
        while connection.recv(65536):
            pass
        connection.close()
    time.sleep(1)
    process.terminate()


@program
def nginx(folder):
    """serves 3,000 requests"""
    corpus(folder, 8)
    path = folder / "nginx.socket"
    path.unlink(missing_ok=True)
    servers = "\n".join(f"server {{ listen unix:{path}; server_name host{n}.example.org; "
                        f"root {folder}; }}" for n in range(200))
    configuration = folder / "nginx.conf"
    configuration.write_text(f"""
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{ access_log off; gzip on;
client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{servers} }}
""")
    path_of_nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if path_of_nginx is None:
        raise NotHere("nginx is not installed")
    return Work([path_of_nginx, "-e", str(folder / "nginx.log"), "-c", str(configuration)],
                drive=lambda process: drive_nginx(process, path), version=[path_of_nginx, "-v"])


@program
def sqlite3(folder):
    """fills a table of 300,000 rows in memory, indexes it, joins and groups"""
    script = text_file(folder, "numbers.sql", """
        create table numbers (n integer primary key, word text);
        with recursive up (n) as (select 1 union all select n + 1 from up where n < 300000)
        insert into numbers select n, 'word ' || (n % 1000) from up;
        create index words on numbers (word);
        select count(distinct word) from numbers;
        select a.word, count(*) from numbers a join numbers b on a.n = b.n + 1 group by 1 limit 5;
        create table copies as select *, upper(word) as capital from numbers order by word desc;
        pragma integrity_check;
        """)
    return Work([find("sqlite3"), ":memory:"], stdin=script)


@program
def postgres(folder):
    """alone on a fresh cluster: 200,000 rows, hash joins, hash aggregates"""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        raise NotHere("postgresql is not installed")
    user = "nobody" if os.geteuid() == 0 else None
    cluster = folder / "cluster"
    if not (cluster / "postgresql.conf").exists():
        cluster.mkdir(exist_ok=True)
        if user:
            shutil.chown(cluster, user)
        run([str(found[-1].parent / "initdb"), "-D", str(cluster), "--no-sync"], user=user,
            cwd="/")
    # Alone, it takes each line for a command.
    script = text_file(folder, "numbers-postgres.sql", """\
        drop table if exists numbers;
        create table numbers (n integer, word text);
        insert into numbers select n, 'word ' || (n % 5000) from generate_series(1, 200000) n;
        create index words on numbers (word);
        analyze numbers;
        select count(*) from (select word, count(*) from numbers group by word) as words;
        select count(*) from numbers a join numbers b on a.word = b.word where a.n < 2000;
        select sum(length(word)) from (select distinct word, n % 100 from numbers) as pairs;
        """)
    return Work([str(found[-1]), "--single", "-D", str(cluster), "postgres"], stdin=script,
                user=user, complaint="ERROR:")
