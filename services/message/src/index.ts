/** @mpim/service-message: conversations and their messages. */

export { messageService } from './message-service.ts';
export { messageSettings } from './settings.ts';
