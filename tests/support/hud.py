"""What tests do to the open page from within it."""

TAKE_ALONE = """
(panels) => {
  jarvis.heard ??= jarvis.apply;
  jarvis.apply = () => {};
  jarvis.heard(JSON.stringify({ seq: jarvis.seq + 1, now: Date.now() / 1000, panels }));
}
"""
"""Lays values on the page, which hears no more of the server from then on."""

TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
