/**
 * What a user asks for: the sweep's specification as records, read from YAML 1.2 and validated with
 * every error naming its path and line. No Pekko. Start reading at {@link
 * io.espalier.common.spec.SweepSpec}.
 */
@NullMarked
package io.espalier.common.spec;

import org.jspecify.annotations.NullMarked;
