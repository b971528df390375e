// Wrong on purpose: a package that is here only because another one brings it.
import ansiStyles from 'ansi-styles';

export const styles = ansiStyles;
