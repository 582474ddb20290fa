/** True in Node, whose Buffer knows UTF-8 better than TextEncoder and TextDecoder; false in a browser. */
export const hasBuffer = typeof Buffer !== 'undefined';
