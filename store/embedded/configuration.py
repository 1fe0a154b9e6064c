"""How the embedded server is set up: durable, quiet, and small enough for a laptop."""

from __future__ import annotations

from collections.abc import Mapping

SUPERUSER = "whence"
DATABASE = "postgres"
PORT = 5432  # of the socket's name only: the server listens on no network address

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    # Memory: 128 MB shared, taken page by page as it is used; no workers that a small record never needs.
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "io_method": "sync",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "2",
    # Shared memory in the data folder: containers give /dev/shm 64 MB, which a parallel query can exceed.
    "dynamic_shared_memory_type": "mmap",
    "jit": "off",
    "random_page_cost": "1.1",
    # Durability: a commit that was answered survives everything but the disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "min_wal_size": "80MB",
    "checkpoint_timeout": "15min",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    # A transaction forgotten open holds back every reader of the outbox.
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Errors go to whoever asked; what the server itself has to say goes here, without values of the record.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
}


def arguments(settings: Mapping[str, str]) -> list[str]:
    """Return the settings, over the defaults, as the server's command line takes them."""
    return [part for name, value in {**SETTINGS, **settings}.items() for part in ("-c", f"{name}={value}")]
