// The other end of the wrong import beside it.
export const term = 60;
