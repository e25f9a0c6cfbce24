"""A server over a real socket: its images are those of mien generate, its mistakes have a status and a line."""

import base64
import http.client
import io
import json
import os
import signal
import threading
import time

import numpy as np
import pytest
import torch
from conditional_run import ATTRIBUTES, LATENT, conditional_run
from fake_run import make_run
from PIL import Image

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import uvicorn

from mien import cli, recipes
from mien.inference.generator import load
from mien.inference.translator import Translator
from mien.media.image_files import read_facts
from mien.web import listening
from mien.web.listening import listen
from mien.web.serving import app

JSON = {"content-type": "application/json"}


class Running:
    """A server in a thread of this process."""

    def __init__(self, model):
        socket = listen("127.0.0.1", 0)
        self.port, self.model = socket.getsockname()[1], model
        self.app = app.app_of(model, 8, 16)
        self.server = uvicorn.Server(uvicorn.Config(self.app, log_level="warning"))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [socket]})
        self.thread.start()

    def __call__(self, method, path, body=None, headers=None):
        """(status, body, headers)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, json.dumps(body) if isinstance(body, dict) else body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())

    def generate(self, **fields):
        status, body, headers = self("POST", "/v1/generate", fields, JSON)
        assert status == 200, body
        return body, headers["content-type"]

    def stop(self):
        self.server.should_exit = True
        self.thread.join()


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    found = Running(load(conditional_run(tmp_path_factory.mktemp("runs"), ATTRIBUTES).path))
    yield found
    found.stop()


def opened(body):
    return Image.open(io.BytesIO(body))


def near(image, pixels):
    """The batch may change the last bit, and then a rounded level."""
    return np.abs(np.asarray(image).astype(int) - pixels).max() <= 1


def test_a_seed_gives_the_image_of_mien_generate(running):
    status, body, headers = running("GET", "/v1/generate?seed=5&truncation=0.5")
    assert (status, headers["content-type"]) == (200, "image/png")
    assert near(opened(body), running.model.pixels([5], 0.5)[0])
    assert read_facts(opened(body)) == {
        **{"run": "00005-dcgan-attributes", "recipe": "dcgan", "kimg": 3.0},
        **{"truncation": 0.5, "seed": 5},
    }


def test_attributes_are_requested_and_json_holds_every_image(running):
    wanted = {"hair": "pink", "glasses": True}
    body, kind = running.generate(seeds=[3, 9], attributes=wanted, format="json")
    found = json.loads(body)
    assert kind == "application/json" and found["attributes"] == wanted
    expected = running.model.conditioned_on(attributes=wanted).pixels([3, 9])
    for part, seed, pixels in zip(found["images"], (3, 9), expected, strict=True):
        assert part["seed"] == seed and near(opened(base64.b64decode(part["data"])), pixels)


def test_several_images_are_a_sheet_and_latents_replace_seeds(running):
    body, kind = running.generate(seeds=[0, 1, 2, 3], format="webp")
    assert kind == "image/webp" and opened(body).size == (38, 38)
    z = torch.cat([running.model.sample(seed)[0][None] for seed in range(2)])
    one, _ = running.generate(latents=z.tolist(), format="json")
    for part, pixels in zip(json.loads(one)["images"], running.model.pixels([0, 1]), strict=True):
        assert near(opened(base64.b64decode(part["data"])), pixels)


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"seeds": [-1]}, "seeds[0] is -1, not a whole number of 0 to 9223372036854775807"),
        ({"seeds": [1.5]}, "seeds[0] is 1.5, not a whole number"),
        ({"seeds": []}, "seeds has 0 rows: one request takes 1 to 8"),
        ({"seeds": list(range(9))}, "seeds has 9 rows: one request takes 1 to 8"),
        ({"seeds": None}, "seeds is null, not a list"),
        ({"seed": 1}, "unknown field `seed`"),
        ({"truncation": 3}, "truncation is 3"),
        ({"format": "gif"}, "gif"),
        ({"seeds": [1], "latents": [[0.0] * LATENT]}, "seeds and latents exclude each other"),
        ({"latents": [[0.0]]}, "latents has a row of 1 numbers: this generator takes 8"),
        ({"attributes": {"hair": "green"}}, "attributes hair=green: unknown value of hair"),
        ({"class": "a"}, "class: 00005-dcgan-attributes was trained with cond attributes: use attributes"),
    ],
)
def test_a_wrong_field_is_named(running, fields, message):
    status, body, _ = running("POST", "/v1/generate", fields, JSON)
    assert status == 400 and message in json.loads(body)["error"]


@pytest.mark.parametrize(
    "method, path, body, headers, status",
    [
        ("GET", "/v1/generate?seed=1.5", None, {}, 400),
        ("GET", "/v1/generate?sead=1", None, {}, 400),
        ("GET", "/v1/generate?seed=1&seed=2", None, {}, 400),
        ("GET", "/v1/generate?truncation=nan", None, {}, 400),
        ("POST", "/v1/generate", "{", JSON, 400),
        ("POST", "/v1/generate", "{}", {"content-type": "text/plain"}, 415),
        ("POST", "/v1/generate", " " * (app.MOST_JSON + 1), JSON, 413),
        ("DELETE", "/v1/generate", None, {}, 405),
        ("GET", "/nothing", None, {}, 404),
    ],
)
def test_wrong_requests_have_a_status_and_a_line(running, method, path, body, headers, status):
    found, said, _ = running(method, path, body, headers)
    assert found == status and list(json.loads(said)) == ["error"]


def test_a_full_queue_says_when_to_come_back(running, monkeypatch):
    monkeypatch.setattr(running.app.state.batches, "limit", 0)
    status, _, headers = running("GET", "/v1/generate")
    assert (status, headers["retry-after"]) == (429, "1")


def test_health_numbers_and_description(running):
    before = running.app.state.batches.images
    running.generate(seeds=[1, 2])
    status, text, _ = running("GET", "/metrics")
    numbers = dict(line.rsplit(" ", 1) for line in text.decode().splitlines() if not line.startswith("#"))
    assert status == 200 and int(numbers["mien_images_total"]) == before + 2
    assert int(numbers['mien_requests_total{path="/v1/generate",status="200"}']) >= 1
    assert int(numbers["mien_memory_bytes"]) > 10**7
    assert json.loads(running("GET", "/health")[1])["status"] == "ok"
    described = json.loads(running("GET", "/openapi.json")[1])
    fields = described["paths"]["/v1/generate"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert fields["properties"]["attributes"]["properties"] == {
        "hair": {"type": "string", "enum": ["black", "pink"]},
        "glasses": {"type": "boolean"},
    }
    assert fields["properties"]["latents"]["items"]["minItems"] == LATENT


def test_many_clients_at_once_lose_nothing(running):
    found = {}

    def client(seed):
        found[seed] = running("GET", f"/v1/generate?seed={seed}")[:2]

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pixels = running.model.pixels(range(12))
    assert all(found[seed][0] == 200 and near(opened(found[seed][1]), pixels[seed]) for seed in range(12))


def test_a_translator_keeps_the_size_of_each_source():
    recipe = recipes.find("pix2pix").override(("generator.width=2", "discriminator.width=2", "resolution=16x16"))
    torch.manual_seed(0)
    states = {name: dict(one.state_dict()) for name, one in recipe.build_game().generators.items()}
    found = Running(Translator(recipe, "run", 8, states, torch.device("cpu")))
    try:
        pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        status, body, _ = found("POST", "/v1/translate?to=B", file.getvalue(), {"content-type": "image/png"})
        assert status == 200 and near(opened(body), found.model(pixels[None], "B")[0][0])
        status, body, _ = found("POST", "/v1/translate", b"no image", {"content-type": "image/png"})
        assert status == 400 and "the image cannot be read" in json.loads(body)["error"]
        status, body, _ = found("POST", "/v1/translate?to=A", file.getvalue(), {"content-type": "image/png"})
        assert status == 400 and json.loads(body)["error"] == "to A: run translates AtoB: to B"
    finally:
        found.stop()


def test_a_signal_ends_the_command_with_its_numbers(tmp_path, monkeypatch, capsys):
    sockets, answers = [], []
    monkeypatch.setattr(listening, "listen", lambda *place: sockets.append(listen(*place)) or sockets[-1])

    def visitor():
        end = time.monotonic() + 20
        while not sockets and time.monotonic() < end:
            time.sleep(0.01)
        connection = http.client.HTTPConnection(*sockets[0].getsockname(), timeout=20)
        connection.request("GET", "/v1/generate")
        answers.append(connection.getresponse().status)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=visitor)
    thread.start()
    assert cli.run(["serve", str(make_run(tmp_path).path), "--port", "0", "--device", "cpu"]) == 0
    thread.join()
    assert answers == [200]
    assert ": 1 request, 1 image, 1 forward" in capsys.readouterr().out


def test_flags_that_do_not_suit(tmp_path, capsys):
    run = str(make_run(tmp_path).path)
    assert cli.run(["serve", run, "--max-batch", "9", "--max-waiting", "8"]) == 2
    assert cli.run(["serve", run, "--host", "256.0.0.1"]) == 2
    assert "--host 256.0.0.1 --port 8000: " in capsys.readouterr().err
