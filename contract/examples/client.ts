// What the pages in examples/ need of the generated client; `make examples` bundles it.

export {
  getMe,
  getUser,
  listConversations,
  listMessages,
  login,
  logout,
  openConversation,
  readConversation,
  sendMessage,
  streamEvents,
} from '../journey/client/sdk.gen.js';
export { createClient, createConfig } from '../journey/client/client/index.js';
