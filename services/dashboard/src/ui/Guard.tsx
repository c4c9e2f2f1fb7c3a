/** Keeps what breaks within it from breaking what is around it. */

import { Component, type ReactNode } from "react";

interface GuardProps {
  /** What is shown within, by name: another one gets another try. */
  of: string;
  /** What stands there when it broke. */
  fallback: ReactNode;
  children: ReactNode;
}

interface GuardState {
  of: string;
  isBroken: boolean;
}

export class Guard extends Component<GuardProps, GuardState> {
  override state: GuardState = { of: this.props.of, isBroken: false };

  static getDerivedStateFromError(): Partial<GuardState> {
    return { isBroken: true };
  }

  static getDerivedStateFromProps({ of }: GuardProps, state: GuardState): GuardState | null {
    return of === state.of ? null : { of, isBroken: false };
  }

  override render(): ReactNode {
    return this.state.isBroken ? this.props.fallback : this.props.children;
  }
}
