// The keyboard, the clipboard, and the stream that reports changes.
// Pages work without this script.
(function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  document.documentElement.classList.add('js');

  // Live lists: the stream reports a change, and htmx fetches the list again.
  const state = byId('live-state');
  const pause = byId('pause');
  let paused = false;
  let missed = false;

  function tell(text, kind) {
    state.textContent = text;
    state.dataset.kind = kind;
  }

  function refresh() {
    if (paused) {
      missed = true;
      tell('paused, new events', 'paused');
      return;
    }
    htmx.trigger(document.body, 'news');
  }

  function listen() {
    const stream = new EventSource('/live?after=' + document.body.dataset.last);
    stream.onopen = () => { if (!paused) tell('live', 'on'); };
    stream.onerror = () => tell('disconnected', 'off');
    stream.onmessage = refresh;
    window.addEventListener('pagehide', () => stream.close());
    window.addEventListener('pageshow', (e) => { if (e.persisted) listen(); });
  }

  if ('live' in document.body.dataset && window.EventSource) listen();

  function togglePause() {
    paused = !paused;
    pause.setAttribute('aria-pressed', paused);
    pause.textContent = paused ? 'Resume' : 'Pause';
    tell(paused ? 'paused' : 'live', paused ? 'paused' : 'on');
    if (!paused && missed) refresh();
    missed = false;
  }
  if (pause) pause.addEventListener('click', togglePause);

  // Unfolded elements stay unfolded.
  let unfolded = [];
  document.addEventListener('htmx:beforeSwap', () => {
    unfolded = Array.from(document.querySelectorAll('details[id][open]'), (d) => d.id);
  });
  document.addEventListener('htmx:afterSwap', () => {
    for (const id of unfolded) if (byId(id)) byId(id).open = true;
  });

  // New rows are highlighted for a moment.
  const rows = () => Array.from(document.querySelectorAll('[data-row]'));
  const newest = () => rows().reduce((n, row) => Math.max(n, row.dataset.row), 0);
  let seen = newest();
  document.addEventListener('htmx:afterSettle', (e) => {
    const byUser = e.detail.requestConfig && e.detail.requestConfig.elt.matches('form');
    for (const row of rows()) {
      if (!byUser && row.dataset.row > seen) row.closest('li, tr').classList.add('fresh');
    }
    seen = Math.max(seen, newest());
  });

  // The keyboard.
  function move(step) {
    const all = rows();
    const at = all.indexOf(document.activeElement);
    const to = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step];
    if (to) {
      to.focus();
      to.closest('li, tr').scrollIntoView({ block: 'nearest' });
    }
    return all.length > 0;
  }

  function follow(key) {
    const link = document.querySelector('[data-key="' + key + '"]');
    if (link) link.click();
  }

  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || byId('help').open) return;
    const search = byId('q');
    const field = e.target.closest('input, select, textarea');
    if (field) {
      if (field === search && e.key === 'Escape') search.blur();
      else if (field === search && e.key === 'ArrowDown') move(1);
      else return;
      e.preventDefault();
      return;
    }
    const onRow = e.target.matches('[data-row]');
    switch (e.key) {
      case '/': if (search) { search.focus(); search.select(); } else location.href = '/'; break;
      case 'j': if (!document.querySelector('[data-key="j"], [data-key="k"]')) move(1); else follow('j'); break;
      case 'k': if (!document.querySelector('[data-key="j"], [data-key="k"]')) move(-1); else follow('k'); break;
      case 'ArrowDown': if (!onRow) return; move(1); break;
      case 'ArrowUp': if (!onRow) return; move(-1); break;
      case 'u': follow('u'); break;
      case 'p': if (!pause) return; togglePause(); break;
      case '?': byId('help').showModal(); break;
      default: return;
    }
    e.preventDefault();
  });
  byId('help-button').addEventListener('click', () => byId('help').showModal());

  // Copying. Browsers offer the clipboard only on localhost and https; on other
  // pages the text is selected.
  function selectText(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  document.addEventListener('click', async (e) => {
    const button = e.target.closest('[data-copy]');
    if (!button) return;
    const source = byId(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = 'Copied';
    } catch (_) {
      selectText(source);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });

  document.addEventListener('submit', (e) => {
    const question = e.target.dataset.confirm;
    if (question && !window.confirm(question)) e.preventDefault();
  });
})();
