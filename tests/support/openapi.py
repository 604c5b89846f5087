"""The routes of the API as its OpenAPI tells them, and a request that each of them takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    spec: Mapping[str, Any]
    document: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def needs_token(self) -> bool:
        """Whether it asks for a bearer token."""
        return bool(self.spec.get("security"))

    @property
    def parameters(self) -> list[Mapping[str, Any]]:
        """Its parameters, wherever they are."""
        return [self._resolved(one) for one in self.spec.get("parameters", [])]

    def names(self, place: str) -> list[str]:
        """The parameters in `path`, `query` or `header`."""
        return [one["name"] for one in self.parameters if one["in"] == place]

    def takes(self, name: str) -> bool:
        """Whether it has a parameter of this name in the path or the query."""
        return name in self.names("path") + self.names("query")

    @property
    def media_types(self) -> list[str]:
        """The types of body that it takes."""
        return list(self.spec.get("requestBody", {}).get("content", {}))

    def request(self, ids: Mapping[str, str]) -> dict[str, Any]:
        """Arguments of a client's `request`: with these ids, and the least that is needed beside them."""
        path, query = self.path, {}
        for one in self.parameters:
            name = one["name"]
            if one["in"] == "path":
                path = path.replace("{" + name + "}", quote(str(ids.get(name, "none")), safe=""))
            elif one["in"] == "query" and (one.get("required") or name in ids):
                query[name] = ids.get(name) or self.example(one["schema"])
        body: dict[str, Any] = {}
        content = self.spec.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            body["json"] = self.example(content["application/json"]["schema"])
        elif "application/x-www-form-urlencoded" in content:
            body["data"] = self.example(content["application/x-www-form-urlencoded"]["schema"])
        return {"method": self.method, "url": path, "params": query, **body}

    def example(self, schema: Mapping[str, Any]) -> Any:
        """A value that fits a schema: its own example, or the least."""
        schema = self._resolved(schema)
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        for key in ("const", "default", "example"):
            if key in schema:
                return schema[key]
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema:
                return self.example(schema[key][0])
        match schema.get("type"):
            case "object":
                properties = schema.get("properties", {})
                return {name: self.example(properties[name]) for name in schema.get("required", [])}
            case "array":
                return [self.example(schema["items"])] * max(1, schema.get("minItems", 1))
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return False
            case "null":
                return None
        return "example" * 2

    def _resolved(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in part:
            found: Any = self.document
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation of an OpenAPI document."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield Operation(method.upper(), path, item[method], document)
