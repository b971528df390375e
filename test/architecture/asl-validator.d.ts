// The part of asl-validator that we use; the package brings no types.
declare module 'asl-validator' {
  /** Writes default values into `definition`. */
  export default function validate(definition: object): {
    readonly isValid: boolean;
    errorsText(separator?: string): string;
  };
}
