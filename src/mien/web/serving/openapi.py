"""The OpenAPI description of one model: its sizes, its classes and attributes, every answer and every error."""

from __future__ import annotations

from typing import Any

from mien import __version__
from mien.data.attributes import BINARY, attributes_of
from mien.inference.generator import Generator
from mien.inference.seeds import LARGEST
from mien.inference.translator import Translator
from mien.web.serving.model import MOST_LATENT, MOST_TEXT, TYPES

Schema = dict[str, Any]

ERROR: Schema = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
    "additionalProperties": False,
}
TROUBLES = {
    "400": "The request is wrong. The error names the field.",
    "413": "The body is too large.",
    "415": "The Content-Type is wrong.",
    "429": "Too many images wait. Try again after Retry-After seconds.",
    "503": "The server is stopping.",
}
FORMAT: Schema = {"type": "string", "enum": ["png", "webp", "json"], "default": "png"}
TRUNCATION: Schema = {
    "type": "number",
    "minimum": 0,
    "maximum": 2,
    "default": 1,
    "description": "0: every image is the mean. 1: as trained.",
}
SEED: Schema = {"type": "integer", "minimum": 0, "maximum": LARGEST}


def facts_of(model: Generator | Translator) -> dict[str, Any]:
    """Return what each answer says of its model."""
    return {"run": model.run, "recipe": model.recipe.name, "kimg": model.images / 1000}


def openapi(model: Generator | Translator, most: int) -> Schema:
    """Return the document of /openapi.json. most: images in one request."""
    if isinstance(model, Translator):
        own = {"/v1/translate": translating(model)}
    else:
        own = {"/v1/generate": generating(model, most)}
    about = {name: {"type": kind} for name, kind in (("run", "string"), ("recipe", "string"), ("kimg", "number"))}
    status = {"type": "object", "properties": {"status": {"const": "ok"}, **about}, "required": ["status", *about]}
    return {
        "openapi": "3.1.0",
        "info": {"title": f"mien serves {model.run}", "version": __version__},
        "paths": {
            **own,
            "/health": {"get": reading("Whether the server works.", "application/json", status)},
            "/metrics": {"get": reading("Numbers for Prometheus.", "text/plain", {"type": "string"})},
            "/openapi.json": {"get": reading("This document.", "application/json", {"type": "object"})},
        },
    }


def reading(summary: str, kind: str, schema: Schema) -> Schema:
    return {"summary": summary, "responses": {"200": {"description": summary, "content": {kind: {"schema": schema}}}}}


def answers() -> Schema:
    """Return the answers of both verbs, good and bad."""
    image: Schema = {"type": "string", "contentMediaType": "image/png"}
    part = {"type": "object", "properties": {"type": {"const": "image/png"}, "data": {"type": "string"}}}
    several = {"type": "object", "properties": {"images": {"type": "array", "items": part}}, "required": ["images"]}
    content = {kind: {"schema": image} for kind in (TYPES["png"], TYPES["webp"])}
    found: Schema = {
        "200": {
            "description": "One image, a sheet of several, or JSON with each image in base64.",
            "content": {**content, "application/json": {"schema": several}},
        }
    }
    for code, words in TROUBLES.items():
        found[code] = {"description": words, "content": {"application/json": {"schema": ERROR}}}
    return found


def query(name: str, schema: Schema, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "required": required, "schema": schema}


# --- generators -------------------------------------------------------------------------------------------------------


def generating(generator: Generator, most: int) -> Schema:
    """Return GET for one image by its seed, and POST for all that mien generate can do."""
    label = condition(generator)
    parameters = [query("seed", SEED), query("truncation", TRUNCATION), query("format", FORMAT)]
    if "class" in label:
        parameters.append(query("class", label["class"]))
    row = {"type": "number", "minimum": -MOST_LATENT, "maximum": MOST_LATENT}
    size = generator.latent_dim
    fields: Schema = {
        "seeds": {"type": "array", "items": SEED, "minItems": 1, "maxItems": most, "default": [0]},
        "latents": {
            "type": "array",
            "items": {"type": "array", "items": row, "minItems": size, "maxItems": size},
            "minItems": 1,
            "maxItems": most,
            "description": "Standard normal numbers, in place of seeds. Row i has the label of seed i.",
        },
        "truncation": TRUNCATION,
        "format": FORMAT,
        **label,
    }
    body: Schema = {
        "type": "object",
        "properties": fields,
        "additionalProperties": False,
        "not": {"required": ["seeds", "latents"]},
    }
    return {
        "get": {"summary": "Generate one image.", "parameters": parameters, "responses": answers()},
        "post": {
            "summary": "Generate images by seeds or latents.",
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": answers(),
        },
    }


def condition(generator: Generator) -> Schema:
    """Return the one field that requests the generator's condition; {} without one."""
    known = generator.recipe.condition
    if known is None or generator.labels is None:
        return {}
    if known.kind == "class":
        return {"class": {"type": "string", "enum": list(known.names)}}
    if known.kind == "attributes":
        found = attributes_of(known.names, generator.labels.numpy())
        boolean = {"type": "boolean"}
        values = {
            one.name: boolean if one.values == BINARY else {"type": "string", "enum": list(one.values)} for one in found
        }
        return {"attributes": {"type": "object", "properties": values, "additionalProperties": False}}
    name = "condition" if known.kind == "own" else "text"
    return {name: {"type": "string", "maxLength": MOST_TEXT}}


# --- translators ------------------------------------------------------------------------------------------------------


def translating(translator: Translator) -> Schema:
    known = list(translator.routes)
    binary_image = {"schema": {"type": "string", "format": "binary"}}
    return {
        "post": {
            "summary": "Translate one image; the result has its size.",
            "parameters": [query("to", {"type": "string", "enum": known}, len(known) > 1), query("format", FORMAT)],
            "requestBody": {
                "required": True,
                "content": dict.fromkeys(("image/png", "image/jpeg", "image/webp"), binary_image),
            },
            "responses": answers(),
        }
    }
