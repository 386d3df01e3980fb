// Times stand in UTC; who reads them has a clock of their own.
for (const told of document.querySelectorAll('time[datetime]')) {
  const moment = new Date(told.getAttribute('datetime'));
  if (Number.isNaN(moment.getTime())) continue;
  told.title = told.textContent;
  told.textContent = moment.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}
// What changes something is sent once, however often its button is pressed before the answer comes.
for (const form of document.querySelectorAll('form[method=post]')) {
  form.addEventListener('submit', () => form.querySelectorAll('button').forEach((button) => (button.disabled = true)));
}
window.addEventListener('pageshow', (event) => {
  if (event.persisted) window.location.reload();
});
