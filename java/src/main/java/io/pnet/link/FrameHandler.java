package io.pnet.link;

/** Is shown each frame that arrives, in place. */
@FunctionalInterface
public interface FrameHandler
{
    /**
     * One frame.
     *
     * @param frame valid until this method returns.
     */
    void onFrame(RxFrame frame);
}
