"""The guard: what comes from elsewhere, or has no token, reaches no page."""

import pytest
from fake_run import make_run
from served import TOKEN, serving

from mien.runs import requests


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs"), name="00003-dcgan-tiny").path.parent


@pytest.fixture(scope="module")
def studio(folder):
    with serving(folder) as served:
        yield served


ACTION = "/api/run/00003-dcgan-tiny/request/go-on"


@pytest.mark.parametrize(
    "method, path, headers, status",
    [
        ("GET", "/api/runs", {"host": "evil.example"}, 403),
        ("GET", "/api/runs", {"host": "127.0.0.1.evil.example:80"}, 403),
        ("GET", "/api/runs", {"host": "localhost:9"}, 200),  # a tunnel may change the port
        ("GET", "/api/runs", {"origin": "http://evil.example"}, 403),
        ("GET", "/api/runs", {"origin": "null"}, 403),
        ("GET", "/api/runs", {"sec_fetch_site": "cross-site"}, 403),
        ("GET", "/", {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, 200),  # a link may open a page
        ("POST", ACTION, {}, 403),
        ("POST", ACTION, {"x_mien_token": "guess"}, 403),
        ("POST", ACTION, {"cookie": "mien-0=" + TOKEN}, 403),  # a cookie alone writes nothing: forms send it, too
        ("POST", ACTION, {"x_mien_token": TOKEN, "origin": "http://evil.example"}, 403),
        ("POST", ACTION, {"x_mien_token": TOKEN, "sec_fetch_site": "same-site"}, 403),
        ("POST", ACTION, {"x_mien_token": TOKEN, "content_length": str(1 << 40)}, 413),
        ("POST", ACTION, {"x_mien_token": TOKEN}, 200),
        ("PUT", ACTION, {"x_mien_token": TOKEN}, 405),
        ("GET", ACTION, {"x_mien_token": TOKEN}, 405),
        ("GET", "/?x=" + "x" * 20_000, {}, 414),
    ],
)
def test_only_what_may_pass_passes(studio, method, path, headers, status):
    assert studio.ask(path, method, **headers).status == status


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/cli.py",
        "/run/../../etc/passwd",
        "/api/run/..",
        "/api/run/..%2f..%2fetc",
        "/api/run/%00",
        "/api/run/00003-dcgan-tiny/grid/..%2f..%2frecipe.json",
        "/api/run/00003-dcgan-tiny/grid/000000.png",
        "/api/run/00003-dcgan-tiny/grid/999999",
        "/api/run/00003-dcgan-tiny/log?after=-1",
        "/api/run/00003-dcgan-tiny/log?after=1e9",
    ],
)
def test_no_path_from_outside_is_a_file(studio, path):
    answer = studio.ask(path)
    assert answer.status in (400, 404) and "error" in answer.json


def test_every_answer_forbids_inline_scripts_and_guessing(studio):
    for path in ("/", "/static/runs.js", "/api/runs", "/nothing"):
        headers = studio.ask(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"


def test_the_link_gives_a_cookie_and_only_then_the_page_holds_the_token(studio):
    assert TOKEN not in studio.ask("/").body.decode()
    answer = studio.ask("//evil.example/?token=" + TOKEN)
    assert answer.status == 303 and answer.headers["location"] == "/evil.example/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert TOKEN in studio.ask("/", cookie=cookie.partition(";")[0]).body.decode()
    assert studio.ask("/?token=guess").status == 200  # a page without buttons


def test_a_server_for_other_machines_shows_nothing_without_the_token(folder):
    with serving(folder, local=False) as served:
        assert served.ask("/").status == served.ask("/api/runs").status == 403
        assert served.ask("/?token=guess").status == 403
        cookie = served.ask("/?token=" + TOKEN, host="gpu.example:8100").headers["set-cookie"].partition(";")[0]
        assert served.ask("/api/runs", host="gpu.example:8100", cookie=cookie).status == 200


def test_a_request_goes_to_a_run_only_while_it_trains(studio, folder):
    answer = studio.post("/api/run/00003-dcgan-tiny/request/pause")
    assert answer.status == 400 and "no process trains 00003-dcgan-tiny" in answer.json["error"]
    assert not (folder / "00003-dcgan-tiny" / "requests").exists()


def test_a_request_becomes_a_file(tmp_path):
    run = make_run(tmp_path)
    run.status.write_text(run.status.read_text().replace("finished", "running"))
    run.lock()
    try:
        with serving(tmp_path) as served:
            assert served.post(f"/api/run/{run.name}/request/pause").json == {"requests": ["pause"]}
            assert requests.pending(run) == ["pause"]
            assert served.post(f"/api/run/{run.name}/request/go-on").json == {"requests": []}
            assert served.post(f"/api/run/{run.name}/request/..%2Fescape").status in (400, 404)
            assert served.post(f"/api/run/{run.name}/request/delete").status == 400
    finally:
        run.unlock()


def test_links_in_a_strangers_run_are_not_followed(tmp_path):
    run = make_run(tmp_path)
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"\x89PNG\r\n\x1a\n secret")
    grid = run.samples / "fakes009000.png"
    grid.symlink_to(secret)
    (run.samples / "fakes009001.png").write_bytes(b"<script>alert(1)</script>")
    with serving(tmp_path) as served:
        assert served.ask(f"/api/run/{run.name}/grid/009000").status == 404
        assert served.ask(f"/api/run/{run.name}/grid/009001").status == 404
        assert served.ask(f"/api/run/{run.name}/grid/000004.500").headers["content-type"] == "image/png"
