/** @mpim/service-user: accounts, logins and sessions. */

export { userSettings } from './settings.ts';
export { userService } from './user-service.ts';
