// Times stand in UTC; who reads them has a clock of their own.
for (const told of document.querySelectorAll('time[datetime]')) {
  const moment = new Date(told.getAttribute('datetime'));
  if (Number.isNaN(moment.getTime())) continue;
  told.title = told.textContent;
  told.textContent = moment.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}
