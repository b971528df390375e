// Wrong on purpose: nothing imports it and it imports nothing.
export const forgotten = true;
