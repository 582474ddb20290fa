/** @mpim/service-presence: which gateway holds connections of which user. */

export { presenceService } from './presence-service.ts';
export { presenceSettings } from './settings.ts';
