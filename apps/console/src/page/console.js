/** The page: one table per service, drawn anew whenever the registry changes, and every five seconds for the health. */

const REFRESH_MS = 5000;

const main = document.getElementById('services');
const state = document.getElementById('state');
const template = document.getElementById('service');

function cell(text, className) {
  const td = document.createElement('td');
  td.textContent = text;
  if (className) td.className = className;
  return td;
}

function row(instance) {
  const { health } = instance;
  const tr = document.createElement('tr');
  const told = health.reason ? `${health.state}: ${health.reason}` : health.state;
  tr.append(
    cell(instance.id),
    cell(instance.address),
    cell(told, health.state),
    cell(instance.version),
    cell(new Date(instance.startedAt).toLocaleString()),
  );
  return tr;
}

function section({ service, instances }) {
  const fragment = template.content.cloneNode(true);
  fragment.querySelector('h2').textContent = service;
  const body = fragment.querySelector('tbody');
  if (instances.length > 0) {
    body.append(...instances.map(row));
  } else {
    const none = cell('No instance: calls to this service fail.', 'none');
    none.colSpan = 5;
    const tr = document.createElement('tr');
    tr.append(none);
    body.append(tr);
  }
  return fragment;
}

async function draw() {
  try {
    const response = await fetch('/api/registry');
    const { asOf, services } = await response.json();
    main.replaceChildren(...services.map(section));
    const count = services.reduce((sum, { instances }) => sum + instances.length, 0);
    state.textContent = `${services.length} services, ${count} instances, as of ${new Date(asOf).toLocaleTimeString()}`;
  } catch {
    state.textContent = 'The console does not answer; trying again.';
  }
}

new EventSource('/api/changes').addEventListener('change', draw);
setInterval(draw, REFRESH_MS);
