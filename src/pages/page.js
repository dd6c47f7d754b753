// A bonus: every page works without it. Copies to the clipboard, shows times in the reader's own zone, lets a
// password be seen while it is typed, and says how hard it is to guess: `data-strength` on a field holds the
// label of the meter.
'use strict';

for (const time of document.querySelectorAll('time[datetime]')) {
  const moment = new Date(time.dateTime);
  if (!Number.isNaN(moment.getTime())) {
    time.title = time.textContent;
    time.textContent = moment.toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
  }
}

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = button.dataset.done;
  });
}

for (const box of document.querySelectorAll('input[data-shows]')) {
  box.closest('label').hidden = false;
  box.addEventListener('change', () => {
    document.getElementById(box.dataset.shows).type = box.checked ? 'text' : 'password';
  });
}

for (const input of document.querySelectorAll('input[data-strength]')) {
  const box = document.createElement('div');
  const label = document.createElement('label');
  const meter = Object.assign(document.createElement('meter'), { id: input.id + '-strength', min: 0, max: 4, low: 2, high: 3, optimum: 4 });
  const said = document.createElement('p');
  box.className = 'strength';
  box.hidden = true;
  label.htmlFor = meter.id;
  label.textContent = input.dataset.strength;
  said.setAttribute('role', 'status');
  box.append(label, meter);
  input.after(box, said);
  said.className = 'strength-said';
  let timer, asked;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    asked?.abort();
    if (input.value) timer = setTimeout(ask, 300);
    else show();
  });
  const show = (judged) => {
    box.hidden = !judged;
    meter.value = judged?.score ?? 0;
    said.textContent = judged?.text ?? '';
  };
  const ask = async () => {
    asked = new AbortController();
    const body = new URLSearchParams({ password: input.value });
    for (const name of ['user-name', 'shown-name', 'email']) {
      const field = input.form.elements.namedItem(name);
      if (field) body.set(name, field.value);
    }
    try {
      const answer = await fetch('/.portcullis/password-strength', { method: 'POST', body, signal: asked.signal });
      show(answer.ok ? await answer.json() : undefined);
    } catch (error) {
      if (error.name !== 'AbortError') show();
    }
  };
}

document.querySelector('[data-focus]')?.focus();
