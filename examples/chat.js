// Two tabs that chat. An event is a hint: it says where something happened, and the page reads it again. So it makes no
// difference whether an event comes once or twice, and nothing is lost while the connection is: the stream goes on where it was.

import * as api from './client.js';

const $ = (id) => document.getElementById(id);
const client = api.createClient(api.createConfig({ baseUrl: location.origin }));
/** Whoever is logged in in this tab. */
let me = null;
/** The conversation that is shown. */
let current = null;
/** Its messages by number. */
let shown = new Map();

function say(text) {
  $('status').textContent = text;
}

/** The body of an answer, or the refusal in the words of the server. */
async function read(call) {
  const { data, error } = await call;
  if (error) throw new Error(error.detail ?? error.title ?? 'The server does not answer.');
  return data;
}

function handle(form, action) {
  $(form).addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      await action(Object.fromEntries(new FormData(event.target)));
    } catch (error) {
      say(error.message);
    }
  });
}

handle('login', async (body) => {
  const session = await read(api.login({ client, body }));
  client.setConfig({ auth: () => session.accessToken });
  me = session.user;
  $('login').hidden = true;
  $('room').hidden = false;
  say(`${me.name ?? me.email}: connecting`);
  listen();
});

handle('open', async ({ username }) => {
  const user = await read(api.getUser({ client, path: { user: username } }));
  const body = { kind: 'DIRECT', memberIds: [user.id] };
  await show(await read(api.openConversation({ client, body })));
  await showConversations();
  $('open').reset();
});

handle('send', async ({ content }) => {
  // Its own name: sent again after a lost answer, it is the same message.
  const body = { clientMessageId: crypto.randomUUID(), content };
  $('send').reset();
  const message = await read(api.sendMessage({ client, path: { conversation_id: current.id }, body }));
  show(current, [message]);
});

/** What the other one is called; a group by its title. */
function title(conversation) {
  const others = conversation.members.filter(({ user }) => user.id !== me.id);
  return conversation.title ?? others.map(({ user }) => user.name ?? user.username).join(', ');
}

async function showConversations() {
  const { data } = await read(api.listConversations({ client }));
  $('conversations').replaceChildren(
    ...data.map((conversation) => {
      const button = document.createElement('button');
      const unread = conversation.unreadCount > 0 ? ` (${conversation.unreadCount})` : '';
      button.textContent = `${title(conversation)}${unread}`;
      button.setAttribute('aria-current', conversation.id === current?.id);
      button.addEventListener('click', () => show(conversation));
      const item = document.createElement('li');
      item.append(button);
      return item;
    }),
  );
}

/** Shows a conversation, with these messages more; without them it is read again. */
async function show(conversation, messages) {
  if (conversation.id !== current?.id) shown = new Map();
  current = conversation;
  $('send').hidden = false;
  const path = { conversation_id: conversation.id };
  const more = messages ?? (await read(api.listMessages({ client, path, query: { limit: 50 } }))).data;
  for (const message of more) shown.set(message.number, message);
  const inOrder = [...shown.values()].sort((a, b) => a.number - b.number);
  $('messages').replaceChildren(
    ...inOrder.map((message) => {
      const item = document.createElement('li');
      const mine = message.sender.id === me.id;
      item.className = mine ? 'mine' : '';
      item.dataset.number = message.number;
      item.textContent = message.content ?? '(deleted)';
      const below = document.createElement('small');
      below.textContent = `${mine ? 'me' : message.sender.name}${mine && message.isRead ? ', read' : ''}`;
      item.append(below);
      return item;
    }),
  );
  const last = inOrder.at(-1);
  if (last && inOrder.some((message) => message.sender.id !== me.id && !message.isRead)) {
    await read(api.readConversation({ client, path, body: { number: last.number } }));
  }
}

/** Whether something is new that was not read yet, and whether it is being read. */
let stale = false;
let reading = false;

/** Reads again what is new, once for however many events said so, and until it is done: no hint is lost with a connection. */
async function refresh() {
  stale = true;
  if (reading) return;
  reading = true;
  while (stale) {
    stale = false;
    try {
      if (current) await show(current);
      await showConversations();
      say(`${me.name ?? me.email}: live`);
    } catch (error) {
      stale = true;
      say(`${me.name ?? me.email}: ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
  reading = false;
}

/** Listens for as long as the tab is open. The server ends a stream now and then; the next one goes on behind its last event. */
async function listen() {
  let lastEventId;
  for (;;) {
    const onSseEvent = ({ event, id }) => {
      lastEventId = id ?? lastEventId;
      if (event) refresh();
    };
    const onSseError = () => say(`${me.name ?? me.email}: connecting again`);
    const headers = lastEventId ? { 'Last-Event-ID': lastEventId } : {};
    const { stream } = await api.streamEvents({ client, headers, onSseEvent, onSseError });
    for await (const _ of stream);
  }
}
