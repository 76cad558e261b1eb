package io.pnet;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The requirements of RFC 9293, by the numbers of its appendix B, that a test holds; see {@link MustTableTest}. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Must
{
    /** MUST-1 to MUST-69. */
    int[] value();
}
