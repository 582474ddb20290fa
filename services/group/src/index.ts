/** @mpim/service-group: groups and their members. */

export { groupService } from './group-service.ts';
export { groupSettings } from './settings.ts';
