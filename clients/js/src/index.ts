// kingbolt-client: a client of the protocol kingbolt.v1.json that reconnects and goes on where it was.

export { KingboltClient, type Answer, type CallOptions, type Published, type Subscription } from './client.js';
export type { ClientEvents, Closed, State, StateChange, Subscribed, SubscriptionEvents } from './actions.js';
export { InvalidOption, KingboltError } from './errors.js';
export type { Bye, Member, Presence, TopicEvent } from './messages.js';
export type { ClientOptions, Clock, Socket, SocketConstructor } from './options.js';
export type { Gap } from './positions.js';
export type { Token, TokenSource } from './token.js';
