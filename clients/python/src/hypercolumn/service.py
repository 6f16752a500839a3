"""A service, with its models and jobs."""

from __future__ import annotations

from typing import Any, Iterator, List, Mapping, Optional

from .connection import Connection
from .datasets import Dataset, Path, list_datasets, make_dataset
from .errors import NotFound, UnknownModel
from .jobs import Job, job_path
from .twin import Twin


class Service:
    """A service that is connected. ``service["demo"]`` is its model demo.

    Example:
        >>> service = hypercolumn.connect("http://127.0.0.1:8080")
        >>> list(service)
        ['demo']
    """

    def __init__(self, connection: Connection) -> None:
        #: What sends the requests.
        self.connection = connection

    @property
    def url(self) -> str:
        return self.connection.url

    def models(self) -> List[Mapping[str, Any]]:
        """All models: name, version, architecture, neurons, and the reason where one is not ready."""
        models: List[Mapping[str, Any]] = self.connection.request("GET", "/v1/models").json()["models"]
        return models

    def __getitem__(self, name: str) -> Twin:
        """The latest version of a model, or ``"name/version"``. The twin keeps to that version."""
        model, _, version = name.partition("/")
        if version and not version.isdecimal():
            raise KeyError(f"wrong version of a model: {version}; expected a whole number, such as demo/1")
        try:
            return Twin(self.connection, model, int(version) if version else None)
        except NotFound as error:
            names = ", ".join(self) or "none"
            raise UnknownModel(error, f"there is no model {name}; expected one of: {names}") from error

    def __iter__(self) -> Iterator[str]:
        return (model["name"] for model in self.models())

    def __len__(self) -> int:
        return len(self.models())

    def jobs(self) -> List[Job]:
        """All jobs that the service has, the newest first."""
        listed = self.connection.request("GET", "/v1/jobs").json()["jobs"]
        return [Job(self.connection, record) for record in listed]

    def job(self, job_id: str) -> Job:
        """A job by its id, such as one that an earlier program started."""
        return Job(self.connection, self.connection.request("GET", job_path(job_id)).json())

    def ingest(self, *files: Path, progress: bool = True, **options: Any) -> Dataset:
        """Sends a recording and makes a dataset of it, where the service trains (``ALLOW_TRAINING=1``).

        An upload that was broken off goes on where it was: call this again with the same files.

        Args:
            files: an NWB, MATLAB, HDF5 or .npz file, a zip of a folder, or several .npy files.
            options: as those of ``hypercolumn ingest``, such as ``transpose=True``; ``report=print`` shows
                what was found and what was left out.
        """
        return make_dataset(self.connection, *files, progress=progress, **options)

    def datasets(self) -> List[Mapping[str, Any]]:
        """What the service says of each dataset that it keeps."""
        return list_datasets(self.connection)

    def dataset(self, digest: str) -> Dataset:
        """A dataset by its digest."""
        return Dataset(self.connection, digest)

    def close(self) -> None:
        """Closes the connections that are kept."""
        self.connection.close()

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Service {self.url}>"


def ingest(
    *files: Path, url: str = "http://127.0.0.1:8080", key: Optional[str] = None, **options: Any
) -> Dataset:
    """Connects to a service and makes a dataset of a recording, as ``Service.ingest``.

    Args:
        url: of a service that trains (``ALLOW_TRAINING=1``).
        key: an API key, where the service needs one.
    """
    return connect(url, key).ingest(*files, **options)


def connect(
    url: str = "http://127.0.0.1:8080",
    key: Optional[str] = None,
    *,
    timeout: float = 60.0,
    retries: int = 4,
) -> Service:
    """Connects to a service.

    Args:
        url: its address.
        key: an API key, where the service needs one.
        timeout: seconds without a byte after which a request fails.
        retries: how often a request is sent again where the service is busy or away. Nothing is done twice.

    Raises:
        ServiceUnreachable: where no service answers.
    """
    service = Service(Connection(url, key, timeout, retries))
    service.connection.request("GET", "/livez")
    return service
