// Right: a fake stands in the test folder.
export const clock = 0;
