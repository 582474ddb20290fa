/** The call that a question is asked for: the question ends with it. */
export interface Caller {
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** Which users exist; the user service knows. */
export interface UserDirectory {
  exists(user: string, caller?: Caller): Promise<boolean>;
}

/** Who is in a group. */
export interface Roster {
  readonly users: readonly string[];
  /** Empty when the group service did not say. */
  readonly owner: string;
}

/** A group a user is in. */
export interface GroupMembership {
  readonly groupId: string;
  readonly name: string;
  /** The conversation's last seq when the user joined. */
  readonly joinedSeq: number;
}

/** Groups and their members; the group service knows. */
export interface GroupDirectory {
  /** As `asUser` sees it: PERMISSION_DENIED unless they are a member, NOT_FOUND for an unknown group. */
  roster(asUser: string, groupId: string, caller?: Caller): Promise<Roster>;
  /** Every group of a user. */
  memberships(user: string, caller?: Caller): Promise<readonly GroupMembership[]>;
}
