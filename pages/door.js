(() => {
  const told = document.getElementById("told");
  const button = document.querySelector("form button");
  document.querySelector("form")?.addEventListener("submit", () => {
    button.disabled = true;
    button.textContent = button.dataset.busy || button.textContent;
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
  let left = Number(told?.dataset.retry || 0);
  if (!left || !button) return;
  const until = Date.now() + left * 1000;
  const text = told.textContent.replace(/ ?Next try in .*$/, "");
  button.disabled = true;
  told.setAttribute("aria-live", "off");
  const timer = setInterval(() => {
    left = Math.ceil((until - Date.now()) / 1000);
    if (left > 0) {
      told.textContent = `${text} Next try in ${left}\u00a0s.`;
      return;
    }
    clearInterval(timer);
    button.disabled = false;
    told.setAttribute("aria-live", "polite");
    told.classList.add("over");
    told.textContent = "You can try again now.";
  }, 250);
})();
